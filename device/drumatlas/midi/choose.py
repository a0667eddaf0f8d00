"""Open the ports that `--midi-out` and `--midi-in` name: through ALSA's sequencer, else rtmidi."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from drumatlas.errors import PortError
from drumatlas.midi.files.take import TakePort
from drumatlas.midi.names import CLIENT, is_synth
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.midi.process.output import ProcessPort
from drumatlas.midi.rtmidi.api import SEQUENCER, open_client
from drumatlas.midi.rtmidi.api import list_ports as list_rtmidi
from drumatlas.midi.targets import Kind, MidiTarget
from drumatlas.play.port import InputPort, OutputPort

PortAndHints = tuple[OutputPort, list[str]]  # hints are messages for the user
OnMessage = Callable[[bytes, int], None]  # receives each message and its arrival, monotonic ns


def has_alsa() -> bool:
    """Return whether the kernel's sequencer can be opened and alsa-midi is installed."""
    # Check the permission first: if it is missing, ALSA's library prints an error to stderr.
    if not os.access(SEQUENCER, os.R_OK | os.W_OK):
        return False
    from drumatlas.midi.alsa.queue import open_sequencer  # noqa: PLC0415 - Linux only

    try:
        open_sequencer(CLIENT).close()
    except PortError:
        return False
    return True


def list_ports() -> tuple[str, list[str], list[str]]:
    """Return (name of the MIDI system, outputs to play to, inputs to listen to).

    Raises PortError if there is no MIDI system.
    """
    if not has_alsa():
        return list_rtmidi()
    from drumatlas.midi.alsa.ports import list_alsa  # noqa: PLC0415 - Linux only
    from drumatlas.midi.alsa.queue import open_sequencer  # noqa: PLC0415

    client = open_sequencer(CLIENT)
    try:
        outputs, inputs = (
            [port.name for port in list_alsa(client, output=output)] for output in (True, False)
        )
        return "ALSA", outputs, inputs
    finally:
        client.close()


def list_uarts() -> list[str]:
    """Return the UARTs of a Pi's header that could be MIDI ports, as users name them."""
    paths = [Path("/dev/serial0"), *sorted(Path("/dev").glob("ttyAMA*"))]
    return [MidiTarget(Kind.UART, str(path)).word for path in paths if path.exists()]


def delivery() -> str:
    """Describe how messages are timed on this machine; PortError if there is no MIDI system."""
    if not has_alsa():
        open_client(output=True)[0].delete()
        return ProcessPort.delivery
    port = _open(None, ())
    try:
        return port.delivery
    finally:
        port.close()


def open_outputs(
    wanted: Sequence[str], channels: tuple[int, ...], waits: bool = False
) -> PortAndHints:
    """Open the outputs that `wanted` names, and return (them as one port, messages for the user).

    Notes are sent on `channels` (0 to 15). Raises PortError if an output can't be opened; with
    `waits`, a missing port is waited for instead. `auto` never fails: without any MIDI system it
    opens a port that sends nothing.
    """
    ports: list[OutputPort] = []
    hints: list[str] = []
    try:
        for name in wanted:
            target = MidiTarget.parse(name)
            port, more = OUTPUTS[target.kind](target, channels, waits)
            ports.append(port)
            hints += more
    except BaseException:
        for port in ports:
            port.close()
        raise
    return (ports[0] if len(ports) == 1 else SeveralPorts(ports)), hints


def _none(*_: object) -> PortAndHints:
    return NullPort(), []


def _file(target: MidiTarget, *_: object) -> PortAndHints:
    return TakePort(Path(target.name)), []


def _uart(target: MidiTarget, channels: tuple[int, ...], waits: bool) -> PortAndHints:
    return ProcessPort(target.word, channels, target.offset_ms, waits=waits), []


def _port(target: MidiTarget, channels: tuple[int, ...], waits: bool) -> PortAndHints:
    return _open(target.name, channels, target.offset_ms, waits=waits), []


def _virtual(target: MidiTarget, channels: tuple[int, ...], waits: bool) -> PortAndHints:
    port = _open(None, channels, target.offset_ms, waits=waits)
    return port, [f"connect a synth to the MIDI port '{port.name}'"]


def _open(
    wanted: str | None,
    channels: tuple[int, ...],
    offset_ms: float = 0,
    *,
    waits: bool = False,
    takes_any: bool = False,
) -> OutputPort:
    if has_alsa():
        from drumatlas.midi.alsa.output import AlsaPort  # noqa: PLC0415 - Linux only

        return AlsaPort(wanted, channels, offset_ms, waits=waits, takes_any=takes_any)
    return ProcessPort(wanted, channels, offset_ms, waits=waits)


def _auto(_target: MidiTarget, channels: tuple[int, ...], _waits: bool) -> PortAndHints:
    """Open the first synth found, else a virtual port, else a port that sends nothing."""
    try:
        synths = [name for name in list_ports()[1] if is_synth(name)]
        if synths:
            return _open(synths[0], channels, takes_any=True), []
        port = _open(None, channels, takes_any=True)
    except PortError as error:
        return NullPort(), [
            f"no sound: {error}",
            "to hear the drums, record with --midi-out file:take.mid and play that file",
        ]
    return port, [f"no synth found; connect one to the MIDI port '{port.name}'"]


# Functions that open each kind of output. Their arguments are the target, the channels that notes
# are sent on, and whether to wait for a missing port.
OUTPUTS: dict[Kind, Callable[[MidiTarget, tuple[int, ...], bool], PortAndHints]] = {
    Kind.PORT: _port,
    Kind.VIRTUAL: _virtual,
    Kind.AUTO: _auto,
    Kind.NONE: _none,
    Kind.UART: _uart,
    Kind.FILE: _file,
}


def open_input(wanted: str, on_message: OnMessage, waits: bool = False) -> InputPort | None:
    """Open the input that `wanted` names; None for `none`.

    `on_message` is called with each message from a thread of the port. Raises PortError if the
    input can't be opened; with `waits`, it is opened as soon as it appears.
    """
    target = MidiTarget.parse_input(wanted)
    return INPUTS[target.kind](target, on_message, waits)


def _uart_input(target: MidiTarget, on_message: OnMessage, waits: bool) -> InputPort:
    from drumatlas.midi.uart.input import UartInput  # noqa: PLC0415 - not on Windows

    return UartInput(target.name, on_message, waits)


def _port_input(target: MidiTarget, on_message: OnMessage, waits: bool) -> InputPort:
    name = target.name if target.kind is Kind.PORT else None
    if has_alsa():
        from drumatlas.midi.alsa.input import AlsaInput  # noqa: PLC0415 - Linux only

        return AlsaInput(name, on_message, waits)
    from drumatlas.midi.rtmidi.input import RtMidiInput  # noqa: PLC0415 - loaded only for an input

    return RtMidiInput(name, on_message, waits)


INPUTS: dict[Kind, Callable[[MidiTarget, OnMessage, bool], InputPort | None]] = {
    Kind.PORT: _port_input,
    Kind.VIRTUAL: _port_input,
    Kind.NONE: lambda *_: None,
    Kind.UART: _uart_input,
}
