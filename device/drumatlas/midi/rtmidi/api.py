"""Find the MIDI system of this machine that RtMidi can use, and list its ports.

Nothing here may print, although the C libraries write to stderr if a server is missing.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from drumatlas.errors import PortError
from drumatlas.midi.names import CLIENT, describe
from drumatlas.midi.rtmidi.bindings import Client, RtMidi

SEQUENCER = Path("/dev/snd/seq")  # the kernel's sequencer, which group audio may use
SYSTEMS = ("core", "winmm", "alsa", "jack")  # RtMidi's names of the systems to try, best first


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Discard what C libraries write to stderr ("Cannot connect to server socket")."""
    sys.stderr.flush()
    try:
        stderr = os.dup(2)
        devnull = os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    os.dup2(devnull, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(devnull)


def _candidates(rtmidi: RtMidi, wanted: Sequence[str]) -> list[Any]:
    """Return those of the systems `wanted` that may work here."""
    # Without a sequencer, the constructor for ALSA throws.
    names = [name for name in wanted if name != "alsa" or SEQUENCER.exists()]
    return [system for name in names if (system := rtmidi.find_system(name))]


def open_client_for(wanted: str | None, *, output: bool, name: str = "") -> tuple[Client, str]:
    """Open a client as `open_client` does, for the port `wanted` (None or "" for a virtual one).

    A PortError names that port.
    """
    try:
        return open_client(output=output, name=name or CLIENT)
    except PortError as error:
        kind = "output" if output else "input"
        raise error.within(f"MIDI {kind} '{wanted or 'virtual'}'") from None


def open_client(
    *, output: bool, name: str = CLIENT, systems: Sequence[str] = SYSTEMS
) -> tuple[Client, str]:
    """Return (a client without a port, the name of its system) on the first system that works.

    Raises PortError if none of `systems` works. Call `.delete()` on the client when done, since it
    leaks otherwise.
    """
    try:
        rtmidi = RtMidi()
    except PortError as error:
        raise _no_system(error) from None
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    for system in _candidates(rtmidi, systems):
        try:
            with _hushed():
                return rtmidi.open(system, name, output=output), rtmidi.name_of(system)
        except Exception:  # each binding has its own exceptions
            continue
    raise _no_system()


def _no_system(missing: PortError | None = None) -> PortError:
    """Return the error for a machine without MIDI; `missing` says that no binding loads."""
    hint = ""
    if SEQUENCER.exists() and not os.access(SEQUENCER, os.R_OK | os.W_OK):
        why = f"no permission to use {SEQUENCER}"
        hint = "sudo usermod -aG audio $USER, and log in again"
    elif not missing:
        why = "neither ALSA's sequencer nor a JACK server is running"
    elif sys.platform != "linux":
        why, hint = missing.what, missing.hint
    else:
        alsa = "alsa-midi does not load" if SEQUENCER.exists() else "no ALSA sequencer"
        why, hint = f"{alsa}, and for JACK: {missing.what}", missing.hint
    return PortError(f"no MIDI system here: {why}", hint)


def list_ports() -> tuple[str, list[str], list[str]]:
    """Return (name of the MIDI system, outputs to play to, inputs to listen to).

    Raises PortError if there is no MIDI system.
    """
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
