"""From `--midi-out` and `--midi-in` to ports: ALSA's sequencer where there is one, else rtmidi."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from drumatlas.errors import PortError
from drumatlas.midi.names import CLIENT, UART, is_synth
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.midi.process_port import ProcessPort
from drumatlas.midi.rtmidi_api import SEQUENCER, open_client
from drumatlas.midi.rtmidi_api import list_ports as list_rtmidi
from drumatlas.midi.take import TakePort
from drumatlas.play.port import InputPort, OutputPort

_OFFSET = re.compile(r"@([+-]?\d+(?:\.\d+)?)ms$")  # "TR-8S@-3.5ms": that port 3.5 ms earlier
MAX_OFFSET_MS = 100.0


def has_alsa() -> bool:
    """Whether the kernel's sequencer can be opened and alsa-midi is installed."""
    # Asked first: where it may not be opened, ALSA's library says so on stderr.
    if not os.access(SEQUENCER, os.R_OK | os.W_OK):
        return False
    from drumatlas.midi.alsa_queue import open_sequencer  # noqa: PLC0415 - Linux only

    try:
        open_sequencer(CLIENT).close()
    except PortError:
        return False
    return True


def list_ports() -> tuple[str, list[str], list[str]]:
    """(MIDI system, outputs we can play to, inputs we can hear); PortError if there is none."""
    if not has_alsa():
        return list_rtmidi()
    from drumatlas.midi.alsa_ports import list_alsa  # noqa: PLC0415 - Linux only
    from drumatlas.midi.alsa_queue import open_sequencer  # noqa: PLC0415

    client = open_sequencer(CLIENT)
    try:
        outputs, inputs = (
            [port.name for port in list_alsa(client, output=way)] for way in (True, False)
        )
        return "ALSA", outputs, inputs
    finally:
        client.close()


def list_uarts() -> list[str]:
    """The UARTs of a Pi's header that could be MIDI ports."""
    paths = [Path("/dev/serial0"), *sorted(Path("/dev").glob("ttyAMA*"))]
    return [f"{UART}{path}" for path in paths if path.exists()]


def delivery() -> str:
    """How messages to a port get their time here, in words; PortError if there is no system."""
    if not has_alsa():
        open_client(output=True)[0].delete()
        return ProcessPort.delivery
    port = _real(None, ())
    try:
        return port.delivery
    finally:
        port.close()


def open_outputs(
    wanted: Sequence[str], channels: tuple[int, ...], waits: bool = False
) -> tuple[OutputPort, list[str]]:
    """(the port or ports as one, lines for the user). PortError where one that was named can't
    be had, unless it may be waited for; `auto` always finds something, if only nowhere."""
    ports: list[OutputPort] = []
    hints: list[str] = []
    try:
        for one in wanted:
            port, more = _open_output(one, channels, waits)
            ports.append(port)
            hints += more
    except BaseException:
        for port in ports:
            port.close()
        raise
    return (ports[0] if len(ports) == 1 else SeveralPorts(ports)), hints


def _open_output(
    wanted: str, channels: tuple[int, ...], waits: bool
) -> tuple[OutputPort, list[str]]:
    if wanted == "none":
        return NullPort(), []
    if wanted.startswith("file:"):
        if wanted == "file:":
            raise PortError("--midi-out file: wants a name, as in file:take.mid")
        return TakePort(Path(wanted[5:])), []
    if wanted == "auto":
        return _auto(channels)
    found = _OFFSET.search(wanted)
    offset_ms = float(found[1]) if found else 0.0
    if abs(offset_ms) > MAX_OFFSET_MS:
        raise PortError(f"--midi-out {wanted}: at most {MAX_OFFSET_MS:g} ms to each side")
    name = _OFFSET.sub("", wanted)
    if name.startswith(UART):
        return ProcessPort(name, channels, offset_ms, waits=waits), []
    port = _real(None if name == "virtual" else name, channels, offset_ms, waits=waits)
    hints = [f"connect a synth to the MIDI port '{port.name}'"] if name == "virtual" else []
    return port, hints


def _real(
    wanted: str | None,
    channels: tuple[int, ...],
    offset_ms: float = 0,
    *,
    waits: bool = False,
    takes_any: bool = False,
) -> OutputPort:
    if has_alsa():
        from drumatlas.midi.alsa_port import AlsaPort  # noqa: PLC0415 - Linux only

        return AlsaPort(wanted, channels, offset_ms, waits=waits, takes_any=takes_any)
    return ProcessPort(wanted, channels, offset_ms, waits=waits)


def _auto(channels: tuple[int, ...]) -> tuple[OutputPort, list[str]]:
    """The first synth there is, else a virtual port, else nowhere."""
    try:
        synths = [name for name in list_ports()[1] if is_synth(name)]
        if synths:
            return _real(synths[0], channels, takes_any=True), []
        port = _real(None, channels, takes_any=True)
    except PortError as error:
        return NullPort(), [
            f"no sound: {error}",
            "to hear it: record with --midi-out file:take.mid and play that file",
        ]
    return port, [f"no synth found; connect one to the MIDI port '{port.name}'"]


def open_input(
    wanted: str, take: Callable[[bytes, int], None], waits: bool = False
) -> InputPort | None:
    """The input that `wanted` names, `virtual` for one that others connect to; None for `none`.
    With `waits` one that is not there yet is heard once it is."""
    if wanted == "none":
        return None
    name = None if wanted == "virtual" else wanted
    if wanted.startswith(UART):
        from drumatlas.midi.uart_input import UartInput  # noqa: PLC0415 - not on Windows

        return UartInput(wanted, take, waits)
    if has_alsa():
        from drumatlas.midi.alsa_input import AlsaInput  # noqa: PLC0415 - Linux only

        return AlsaInput(name, take, waits)
    from drumatlas.midi.rtmidi_input import RtMidiInput  # noqa: PLC0415 - only who listens

    return RtMidiInput(name, take, waits)
