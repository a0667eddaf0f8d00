"""The destinations that a child process can send to: a port of RtMidi's, or a UART."""

from typing import Protocol

from drumatlas.midi.rtmidi.output import RtMidiDestination
from drumatlas.midi.targets import Kind, MidiTarget, kind_of


class Destination(Protocol):
    """One output. `open` raises PortError; the other methods may raise any Exception."""

    def open(self) -> str:
        """Open the port, for the first time or again; return the name to show."""

    def is_there(self) -> bool:
        """Return whether the port could be opened now, or is still open and connected."""

    @property
    def absence(self) -> str:
        """Why the port was missing at the last `is_there`, in words."""

    def send(self, data: bytes) -> None:
        """Send a message, now or during the next calls of `pump`."""

    def pump(self, now_ns: int) -> int | None:
        """Send the bytes that are due on the line at `now_ns`.

        Return when to call again, in monotonic ns; None if no bytes are waiting.
        """

    def close(self) -> None:
        """Close the port; it may be opened again."""

    def leave(self) -> None:
        """Send what is waiting and close everything for good."""


def destination_for(wanted: str) -> Destination:
    """Return the destination that `wanted` names.

    It is `uart:DEVICE`, a port's name, or "" for a virtual port. Raises PortError if there is no
    MIDI system.
    """
    if kind_of(wanted) is not Kind.UART:
        return RtMidiDestination(wanted)
    from drumatlas.midi.uart.output import UartDestination  # noqa: PLC0415 - not on Windows

    return UartDestination(MidiTarget.parse(wanted).name)
