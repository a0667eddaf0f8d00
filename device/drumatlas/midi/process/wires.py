"""What a sending process sends through: a port of RtMidi's, or a UART."""

from typing import Protocol

from drumatlas.midi.rtmidi.output import RtMidiWire
from drumatlas.midi.targets import Kind, MidiTarget, kind_of


class Wire(Protocol):
    """One output. What fails raises: PortError where it is opened, else whatever it is."""

    def open(self) -> str:
        """Open it, or open it again; the name to show."""

    def is_there(self) -> bool:
        """Whether it could be opened now, or is still there."""

    @property
    def absence(self) -> str:
        """Why it was not there at the last look, in words."""

    def send(self, data: bytes) -> None:
        """Send a message, now or with the next calls of `pump`."""

    def pump(self, now_ns: int) -> int | None:
        """Send what waits for the line; when to call again, None if nothing waits."""

    def close(self) -> None:
        """Let go of the port; it may be opened again."""

    def leave(self) -> None:
        """Let go of everything."""


def wire_to(wanted: str) -> Wire:
    """Return the wire to `wanted`: `uart:DEVICE`, a port's name, or "" for a virtual port."""
    if kind_of(wanted) is not Kind.UART:
        return RtMidiWire(wanted)
    from drumatlas.midi.uart.output import UartWire  # noqa: PLC0415 - not on Windows

    return UartWire(MidiTarget.parse(wanted).name)
