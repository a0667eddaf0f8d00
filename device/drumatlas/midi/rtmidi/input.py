"""MIDI in through RtMidi; messages are stamped when its thread hands them over."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.names import Port
from drumatlas.midi.parser import Parser
from drumatlas.midi.port_finder import PortFinder
from drumatlas.midi.rtmidi.api import open_client_for
from drumatlas.midi.rtmidi.bindings import Client
from drumatlas.midi.rtmidi.server_line import SERVER_ENDED, ServerLine, server_sockets
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

_LOOK_S = 0.25  # how often the system is asked whether the port is still there, or back
# Times what a look took, but no longer than that: it holds the interpreter's lock for a part of it.
_REST, _MOST_REST_S = 4, 1.0
_HAND_OVER_S = 0.02  # within which RtMidi's thread ends a call that it was about to make


class RtMidiInput:
    """Hears `wanted` (None: a virtual port of our own); gives each message's bytes and arrival
    (monotonic ns) to `take`, from RtMidi's thread. With `waits` the port need not be there yet.

    A thread of its own looks whether the port and its server are still there, and opens both again
    when they are back.
    """

    def __init__(
        self, wanted: str | None, take: Callable[[bytes, int], None], waits: bool = False
    ) -> None:
        self._wanted, self._take = wanted, take
        self._finder = PortFinder(wanted or "", "input")
        self._client: Client | None = None
        self._connected: Port | None = None
        self._line = ServerLine()
        self.name, self.fault = wanted or "virtual", ""
        try:
            self._open()
        except PortError as error:
            if not waits:
                self._leave()
                raise
            self.fault = str(error)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="midi-look", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        request_realtime(SLOW_PRIORITY)
        pause_s = _LOOK_S
        while not self._is_over.wait(pause_s):
            began = time.monotonic()
            try:
                self._look()
            except Exception as error:  # each binding has classes of its own
                self._lose(str(error))
                with suppress(Exception):  # a client that is dead may not even go away
                    self._leave()
            took_s = time.monotonic() - began
            pause_s = max(_LOOK_S, min(_REST * took_s, _MOST_REST_S))

    def _look(self) -> None:
        """Notice what has gone, and open again what is back."""
        client = self._client
        if client is None:
            if self._line.answers:
                self._try_again()
        elif self._line.has_hung_up:
            self._lose(f"{self.name}: {SERVER_ENDED}")
            self._leave()
        elif self._wanted is not None:
            ports = names.describe(client.get_ports())
            port = self._finder.look(ports)
            if port is None:
                self._lose(self._finder.absence(ports))
            elif self._connected is None or port.identity != self._connected.identity:
                self._leave()  # an input can't be connected a second time
                self._open()

    def _try_again(self) -> None:
        """Open all if that can be; else the fault of before still holds."""
        try:
            self._open()
        except PortError:
            if self._wanted is None:
                self._leave()

    def _open(self) -> None:
        """Open a client and its port; PortError, after which there may be a client."""
        before = server_sockets()
        self._client, system = open_client_for(
            self._wanted, output=False, name=self._line.client_name
        )
        self._line = ServerLine(server_sockets() - before)
        parser = Parser()  # checks what comes, whatever the system below let through

        def hear(message: bytes) -> None:
            now_ns = time.monotonic_ns()
            for data in parser.feed(message):
                self._take(data, now_ns)

        self._client.listen(hear)
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
            raise PortError(f"MIDI input '{self._wanted}' can't be opened: {error}") from None
        self._connected = port
        return port.name

    def _lose(self, fault: str) -> None:
        self._connected, self.fault = None, fault

    def _leave(self) -> None:
        """Give up the client."""
        client, self._client, self._connected = self._client, None, None
        if client:
            client.ignore()
            # Who deletes a client holds the interpreter's lock and waits for RtMidi's thread. That
            # must not be waiting for the lock.
            time.sleep(_HAND_OVER_S)
            client.close_port()
            client.delete()

    def close(self) -> None:
        """Let go of the port."""
        self._is_over.set()
        self._thread.join(timeout=5)
        self._leave()
