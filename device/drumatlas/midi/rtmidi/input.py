"""A MIDI input through RtMidi; messages are stamped when its thread calls us."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.names import Port
from drumatlas.midi.parser import MessageParser
from drumatlas.midi.port_finder import PortFinder
from drumatlas.midi.rtmidi.api import open_client_for
from drumatlas.midi.rtmidi.bindings import Client
from drumatlas.midi.rtmidi.server_connection import SERVER_ENDED, ServerConnection, server_sockets
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

_CHECK_S = 0.25  # shortest time between two checks of whether the port is still there, or back
# A slow check is followed by a pause this many times as long, but at most this long (s), since it
# holds the interpreter's lock for a part of its time.
_PAUSE_FACTOR, _MAX_PAUSE_S = 4, 1.0
_CALLBACK_S = 0.02  # time in which RtMidi's thread ends a callback that it was about to make


class RtMidiInput:
    """Listens to `wanted`, or for None to a virtual port of our own.

    RtMidi's thread calls `on_message` with each message and its arrival (monotonic ns). Raises
    PortError if the port is missing; with `waits`, it is waited for. A thread checks whether the
    port and its server are still there, and opens both again when they are back.
    """

    def __init__(
        self, wanted: str | None, on_message: Callable[[bytes, int], None], waits: bool = False
    ) -> None:
        self._wanted, self._on_message = wanted, on_message
        self._finder = PortFinder(wanted or "", "input")
        self._client: Client | None = None
        self._connected: Port | None = None
        self._server = ServerConnection()
        self.name, self.fault = wanted or "virtual", ""
        try:
            self._open()
        except PortError as error:
            if not waits:
                self._leave()
                raise
            self.fault = str(error)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="midi-watch", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        request_realtime(SLOW_PRIORITY)
        pause_s = _CHECK_S
        while not self._is_over.wait(pause_s):
            began = time.monotonic()
            try:
                self._check()
            except Exception as error:  # each binding has its own exceptions
                self._lose(str(error))
                with suppress(Exception):  # a dead client may not even close
                    self._leave()
            took_s = time.monotonic() - began
            pause_s = max(_CHECK_S, min(_PAUSE_FACTOR * took_s, _MAX_PAUSE_S))

    def _check(self) -> None:
        """Notice a port or a server that has gone, and open again one that is back."""
        client = self._client
        if client is None:
            if self._server.answers:
                self._try_again()
        elif self._server.has_hung_up:
            self._lose(f"{self.name}: {SERVER_ENDED}")
            self._leave()
        elif self._wanted is not None:
            ports = names.describe(client.get_ports())
            port = self._finder.find(ports)
            if port is None:
                self._lose(self._finder.absence(ports))
            elif self._connected is None or port.identity != self._connected.identity:
                self._leave()  # an input can't be connected twice
                self._open()

    def _try_again(self) -> None:
        """Open client and port if possible; else keep the fault."""
        try:
            self._open()
        except PortError:
            if self._wanted is None:
                self._leave()

    def _open(self) -> None:
        """Open a client and its port; after a PortError, the client may still be open."""
        before = server_sockets()
        self._client, system = open_client_for(
            self._wanted, output=False, name=self._server.client_name
        )
        self._server = ServerConnection(server_sockets() - before)
        parser = MessageParser()  # drops anything that is not MIDI

        def receive(message: bytes) -> None:
            now_ns = time.monotonic_ns()
            for data in parser.feed(message):
                self._on_message(data, now_ns)

        self._client.listen(receive)
        self.name = self._open_port(self._client, system)
        self.fault = ""

    def _open_port(self, client: Client, system: str) -> str:
        if self._wanted is None:
            try:
                client.open_virtual_port("in")
            except Exception as error:
                raise PortError(f"no virtual MIDI port on this system: {error}") from None
            return f"{names.CLIENT} in (virtual, {system})"
        port = self._finder.require(names.describe(client.get_ports()))
        try:
            client.open_port(port.index, "in")
        except Exception as error:
            raise PortError(f"cannot open MIDI input '{self._wanted}': {error}") from None
        self._connected = port
        return port.name

    def _lose(self, fault: str) -> None:
        self._connected, self.fault = None, fault

    def _leave(self) -> None:
        """Close the client."""
        client, self._client, self._connected = self._client, None, None
        if client:
            client.ignore()
            # Deleting a client waits for RtMidi's thread while holding the interpreter's lock. That
            # thread must not be waiting for the lock, so let it finish first.
            time.sleep(_CALLBACK_S)
            client.close_port()
            client.delete()

    def close(self) -> None:
        """End the thread and close the port."""
        self._is_over.set()
        self._thread.join(timeout=5)
        self._leave()
