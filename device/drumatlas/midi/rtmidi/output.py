"""A port of RtMidi's to send to: see `process.wires.Wire`."""

import contextlib

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.port_finder import PortFinder
from drumatlas.midi.rtmidi.api import open_client_for
from drumatlas.midi.rtmidi.bindings import Client
from drumatlas.midi.rtmidi.server_line import SERVER_ENDED, UNPLUGGED, ServerLine, server_sockets


class RtMidiWire:
    """A port of JACK or CoreMIDI (or ALSA's sequencer, without its queues).

    A client whose server has ended is of no use to the next server. It is given up, and another
    one opened when a server is back.
    """

    def __init__(self, wanted: str) -> None:
        self._wanted, self._finder = wanted, PortFinder(wanted)
        self._opened: names.Port | None = None
        self._client: Client | None = None  # none while its server is away
        self._line = ServerLine()
        self.absence = UNPLUGGED
        self._connect()

    def _connect(self) -> Client:
        before = server_sockets()
        self._client, self._system = open_client_for(
            self._wanted, output=True, name=self._line.client_name
        )
        self._line = ServerLine(server_sockets() - before)
        return self._client

    def open(self) -> str:
        """As Wire says."""
        if self._is_cut_off:
            self.leave()
        client = self._client or self._connect()
        try:
            if not self._wanted:
                client.open_virtual_port("out")
                return f"{names.CLIENT} (virtual, {self._system})"
            port = self._finder.require(names.describe(client.get_ports()))
            client.open_port(port.index, "out")
            self._opened = port
            return port.name
        except PortError:
            raise
        except Exception as error:  # each binding has classes of its own
            raise PortError(f"MIDI output '{self._wanted or 'virtual'}': {error}") from None

    def is_there(self) -> bool:
        """As Wire says."""
        client = None if self._is_cut_off else self._client or self._connect_again()
        self.absence = UNPLUGGED if client else SERVER_ENDED
        if client is None or not self._wanted:
            return client is not None
        port = self._finder.look(names.describe(client.get_ports()))
        if port is None or self._opened is None:
            return port is not None
        return port.identity == self._opened.identity  # else another one has taken its place

    @property
    def _is_cut_off(self) -> bool:
        """Whether there is a client whose server has ended."""
        return self._client is not None and self._line.has_hung_up

    def _connect_again(self) -> Client | None:
        """Return a client of the server that has come back, if one has."""
        if self._line.answers:
            with contextlib.suppress(PortError):  # it answers, but is not ready yet
                return self._connect()
        return None

    def send(self, data: bytes) -> None:
        """As Wire says."""
        if self._client:
            self._client.send_message(data)

    def pump(self, now_ns: int) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """As Wire says."""
        self._opened = None
        if self._is_cut_off:
            self.leave()
        elif self._client:
            self._client.close_port()

    def leave(self) -> None:
        """As Wire says."""
        client, self._client = self._client, None
        if client:
            client.close_port()  # may wait for a second for what is to be sent
            client.delete()
