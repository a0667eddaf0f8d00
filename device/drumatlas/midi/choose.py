"""From `--midi-out` to a port."""

from pathlib import Path

from drumatlas.errors import PortError
from drumatlas.midi.port import NullPort, OutputPort
from drumatlas.midi.rtmidi_api import list_ports
from drumatlas.midi.rtmidi_port import RtMidiPort
from drumatlas.midi.take import TakePort

# Ports that every system has and that no drum sounds behind: `auto` passes them by.
_NOT_A_SYNTH = ("midi through", "drumatlas", "rtpmidi", "system:midi")


def open_output(wanted: str, channels: tuple[int, ...]) -> tuple[OutputPort, list[str]]:
    """(the port, lines for the user on what was found). PortError where a port that was named
    can't be had; `auto` always finds something, if only nowhere."""
    if wanted == "none":
        return NullPort(), []
    if wanted.startswith("file:"):
        if wanted == "file:":
            raise PortError("--midi-out file: wants a name, as in file:take.mid")
        return TakePort(Path(wanted[5:])), []
    if wanted == "virtual":
        port = RtMidiPort(None, channels)
        return port, [f"connect a synth to the MIDI port '{port.name}'"]
    if wanted == "auto":
        return _auto(channels)
    return RtMidiPort(wanted, channels), []


def _auto(channels: tuple[int, ...]) -> tuple[OutputPort, list[str]]:
    """The first synth there is, else a virtual port, else nowhere."""
    try:
        _, outputs, _ = list_ports()
        synths = [n for n in outputs if not any(part in n.casefold() for part in _NOT_A_SYNTH)]
        if synths:
            return RtMidiPort(synths[0], channels), []
        port = RtMidiPort(None, channels)
    except PortError as error:
        return NullPort(), [
            f"no sound: {error}",
            "to hear it: record with --midi-out file:take.mid and play that file",
        ]
    return port, [f"no synth found; connect one to the MIDI port '{port.name}'"]
