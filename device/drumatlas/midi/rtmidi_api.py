"""python-rtmidi's systems on this machine: which one works, and what ports it has.

Nothing here may print: the C libraries below talk on stderr when a server is missing.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drumatlas.errors import PortError
from drumatlas.midi.names import CLIENT, describe

SEQUENCER = Path("/dev/snd/seq")  # the kernel's; rights to it come with group audio


def _rtmidi() -> Any:
    try:
        import rtmidi  # noqa: PLC0415 - a renderer needs no MIDI system
    except ImportError as error:
        raise PortError(
            f"python-rtmidi does not load ({error}); pip install python-rtmidi"
        ) from None
    return rtmidi


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """stderr of C libraries to nowhere for a moment ("Cannot connect to server socket")."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _candidates(rtmidi: Any) -> list[int]:
    """The compiled systems that may work here, best first."""
    compiled = rtmidi.get_compiled_api()
    wanted = [rtmidi.API_MACOSX_CORE, rtmidi.API_WINDOWS_MM]
    if SEQUENCER.exists():  # ALSA's sequencer; without it the constructor throws
        wanted.append(rtmidi.API_LINUX_ALSA)
    wanted.append(rtmidi.API_UNIX_JACK)
    return [api for api in wanted if api in compiled]


def open_client_for(wanted: str | None, *, output: bool) -> tuple[Any, str]:
    """As `open_client`; PortError also names the port that was `wanted` (None or "": virtual)."""
    try:
        return open_client(output=output)
    except PortError as error:
        kind = "output" if output else "input"
        raise PortError(f"MIDI {kind} '{wanted or 'virtual'}': {error}") from None


def open_client(*, output: bool) -> tuple[Any, str]:
    """(an rtmidi.MidiOut or MidiIn without a port, name of its system); PortError if no system
    works here. Call `.delete()` on it when done: clients leak otherwise."""
    rtmidi = _rtmidi()
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    cls = rtmidi.MidiOut if output else rtmidi.MidiIn
    for api in _candidates(rtmidi):
        try:
            with _hushed():
                client = cls(api, name=CLIENT)
                client.get_port_count()
        except Exception:
            continue
        return client, str(rtmidi.get_api_display_name(api))
    if SEQUENCER.exists() and not os.access(SEQUENCER, os.R_OK | os.W_OK):
        raise PortError(f"no MIDI system here: {SEQUENCER} is closed to you (be in group audio)")
    raise PortError("no MIDI system here: neither ALSA's sequencer nor a JACK server is running")


def list_ports() -> tuple[str, list[str], list[str]]:
    """(MIDI system, outputs we can play to, inputs we can hear); PortError if there is none."""
    names: list[list[str]] = []
    system = ""
    for output in (True, False):
        client, system = open_client(output=output)
        try:
            with _hushed():
                names.append([port.name for port in describe(client.get_ports())])
        finally:
            client.delete()
    return system, names[0], names[1]
