"""RtMidi's MIDI systems on this machine: which one works, and what ports it has.

Nothing here may print: the C libraries below talk on stderr when a server is missing.
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

SEQUENCER = Path("/dev/snd/seq")  # the kernel's; rights to it come with group audio
SYSTEMS = ("core", "winmm", "alsa", "jack")  # RtMidi's names of those that are tried, best first


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


def _candidates(rtmidi: RtMidi, wanted: Sequence[str]) -> list[Any]:
    """Return those of the systems `wanted` that may work here."""
    # Where there is no sequencer, the constructor throws.
    tried = [name for name in wanted if name != "alsa" or SEQUENCER.exists()]
    return [system for name in tried if (system := rtmidi.find_system(name))]


def open_client_for(wanted: str | None, *, output: bool, name: str = "") -> tuple[Client, str]:
    """As `open_client`; PortError also names the port that was `wanted` (None or "": virtual)."""
    try:
        return open_client(output=output, name=name or CLIENT)
    except PortError as error:
        kind = "output" if output else "input"
        raise error.within(f"MIDI {kind} '{wanted or 'virtual'}'") from None


def open_client(
    *, output: bool, name: str = CLIENT, systems: Sequence[str] = SYSTEMS
) -> tuple[Client, str]:
    """Return (a client without a port, the name of its system), on the first of `systems` that
    works here; PortError if none does. Call `.delete()` on it when done: clients leak otherwise."""
    try:
        rtmidi = RtMidi()
    except PortError as error:
        raise _no_system(error) from None
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    for system in _candidates(rtmidi, systems):
        try:
            with _hushed():
                return rtmidi.open(system, name, output=output), rtmidi.name_of(system)
        except Exception:  # each binding has classes of its own
            continue
    raise _no_system()


def _no_system(lacking: PortError | None = None) -> PortError:
    """Return the error that says why nothing plays here; `lacking`: what a binding needs."""
    hint = ""
    if SEQUENCER.exists() and not os.access(SEQUENCER, os.R_OK | os.W_OK):
        why = f"{SEQUENCER} is closed to you (be in group audio)"
    elif not lacking:
        why = "neither ALSA's sequencer nor a JACK server is running"
    elif sys.platform != "linux":
        why, hint = lacking.what, lacking.hint
    else:
        alsa = "alsa-midi does not load" if SEQUENCER.exists() else "no ALSA sequencer"
        why, hint = f"{alsa}, and for JACK: {lacking.what}", lacking.hint
    return PortError(f"no MIDI system here: {why}", hint)


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
