"""A port of RtMidi's as a destination of the child process: see `process.destination`."""

import contextlib

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.port_finder import PortFinder
from drumatlas.midi.rtmidi.api import open_client_for
from drumatlas.midi.rtmidi.bindings import Client
from drumatlas.midi.rtmidi.server_connection import (
    SERVER_ENDED,
    UNPLUGGED,
    ServerConnection,
    server_sockets,
)


class RtMidiDestination:
    """A port of JACK or CoreMIDI (or ALSA's sequencer, without its queues).

    A client whose server has ended can't be used with the next server. It is closed, and another is
    opened when a server is back. PortError if there is no MIDI system at first.
    """

    def __init__(self, wanted: str) -> None:
        self._wanted, self._finder = wanted, PortFinder(wanted)
        self._opened: names.Port | None = None
        self._client: Client | None = None  # None while the server is away
        self._server = ServerConnection()
        self.absence = UNPLUGGED
        self._connect()

    def _connect(self) -> Client:
        before = server_sockets()
        self._client, self._system = open_client_for(
            self._wanted, output=True, name=self._server.client_name
        )
        self._server = ServerConnection(server_sockets() - before)
        return self._client

    def open(self) -> str:
        """See `Destination`."""
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
        except Exception as error:  # each binding has its own exceptions
            raise PortError(f"MIDI output '{self._wanted or 'virtual'}': {error}") from None

    def is_there(self) -> bool:
        """See `Destination`."""
        client = None if self._is_cut_off else self._client or self._connect_again()
        self.absence = UNPLUGGED if client else SERVER_ENDED
        if client is None or not self._wanted:
            return client is not None
        port = self._finder.find(names.describe(client.get_ports()))
        if port is None or self._opened is None:
            return port is not None
        return port.identity == self._opened.identity  # else another port has replaced it

    @property
    def _is_cut_off(self) -> bool:
        """Whether the client's server has ended."""
        return self._client is not None and self._server.has_hung_up

    def _connect_again(self) -> Client | None:
        """Return a new client if a server is back, else None."""
        if self._server.answers:
            with contextlib.suppress(PortError):  # the server answers, but is not ready yet
                return self._connect()
        return None

    def send(self, data: bytes) -> None:
        """See `Destination`."""
        if self._client:
            self._client.send_message(data)

    def pump(self, now_ns: int) -> None:
        """Do nothing, since `send` sends at once."""

    def close(self) -> None:
        """See `Destination`."""
        self._opened = None
        if self._is_cut_off:
            self.leave()
        elif self._client:
            self._client.close_port()

    def leave(self) -> None:
        """See `Destination`."""
        client, self._client = self._client, None
        if client:
            client.close_port()  # may wait a second until all messages are sent
            client.delete()
