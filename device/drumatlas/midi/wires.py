"""What a sending process sends through: rtmidi's ports, or a UART."""

from typing import Protocol

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.rtmidi_api import open_client_for
from drumatlas.midi.target import Target

UART = "uart:"


class Wire(Protocol):
    """One output. What fails raises: PortError where it is opened, else whatever it is."""

    def open(self) -> str:
        """Open it, or open it again; the name to show."""

    def is_there(self) -> bool:
        """Whether it could be opened now, or is still there."""

    def send(self, data: bytes) -> None:
        """Send a message, now or with the next calls of `pump`."""

    def pump(self, now_ns: int) -> int | None:
        """Send what waits for the line; when to call again, None if nothing waits."""

    def close(self) -> None:
        """Let go of the port; it may be opened again."""

    def leave(self) -> None:
        """Let go of everything."""


def wire_to(wanted: str) -> Wire:
    """The wire that `wanted` names: `uart:DEVICE`, a port's name, or "" for a virtual port."""
    if not wanted.startswith(UART):
        return RtMidiWire(wanted)
    from drumatlas.midi.uart import UartWire  # noqa: PLC0415 - not on Windows

    return UartWire(wanted)


class RtMidiWire:
    """A port of JACK or CoreMIDI (or ALSA's sequencer, without its queues)."""

    def __init__(self, wanted: str) -> None:
        self._client, self._system = open_client_for(wanted, output=True)
        self._wanted, self._target = wanted, Target(wanted)
        self._opened: names.Port | None = None

    def open(self) -> str:
        """As Wire says."""
        try:
            if not self._wanted:
                self._client.open_virtual_port("out")
                return f"{names.CLIENT} (virtual, {self._system})"
            port = self._target.require(names.describe(self._client.get_ports()))
            self._client.open_port(port.index, "out")
            self._opened = port
            return port.name
        except PortError:
            raise
        except Exception as error:  # each binding has classes of its own
            raise PortError(f"MIDI output '{self._wanted or 'virtual'}': {error}") from None

    def is_there(self) -> bool:
        """As Wire says."""
        if not self._wanted:
            return True
        port = self._target.look(names.describe(self._client.get_ports()))
        if port is None or self._opened is None:
            return port is not None
        return port.identity == self._opened.identity  # else another one has taken its place

    def send(self, data: bytes) -> None:
        """As Wire says."""
        self._client.send_message(data)

    def pump(self, now_ns: int) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """As Wire says."""
        self._client.close_port()
        self._opened = None

    def leave(self) -> None:
        """As Wire says."""
        self._client.close_port()
        self._client.delete()
