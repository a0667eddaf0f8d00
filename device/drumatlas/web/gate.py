"""The server's door: how many sockets may be open, how often one may come, how much it may say
before it has asked for something."""

import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from drumatlas.web.limits import Bucket

MOST_SOCKETS = 48  # open at once; a page that loads has 6, one that is open 1
ARRIVALS_A_SECOND, ARRIVALS_AT_ONCE = 20.0, 120.0  # a page has 20 files
MOST_BEFORE = 16 << 10  # bytes of a request; a browser's has 1 KB
NAP_S = 0.05

Log = Callable[[str, str], None]  # the kind of thing, and a line about it


class Gate:
    """Counts sockets. When one too many comes, the one that has waited longest without asking
    for anything goes; when they come too often, the whole server naps, so that a flood costs
    the box next to nothing. Only the page waits for that."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._arrivals = Bucket(ARRIVALS_A_SECOND, ARRIVALS_AT_ONCE)
        self._open: dict[Any, None] = {}  # in order of arrival

    def enter(self, socket: ServerConnection) -> None:
        """One more."""
        if not self._arrivals.take(time.monotonic()):
            self.log("a flood", "too many connections; the page takes its time")
            time.sleep(NAP_S)
        self._open[socket] = None
        if len(self._open) > MOST_SOCKETS:
            idle = (one for one in self._open if one.state is not State.OPEN)
            self.log("a crowd", f"over {MOST_SOCKETS} sockets; the oldest idle ones are cut")
            cut = next(idle, socket)
            cut.transport.abort()
            self.leave(cut)  # it says so itself only later, and of a burst each one counts

    def leave(self, socket: ServerConnection) -> None:
        """One less."""
        self._open.pop(socket, None)


def gated(gate: Gate) -> type[ServerConnection]:
    """A class of connections that go through `gate`."""

    class Gated(ServerConnection):
        """Cut where it says too much, or garbage, before its request is read."""

        _said = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            gate.enter(self)

        def connection_lost(self, exc: Exception | None) -> None:
            was_midway = self._said and self.request is None and not self.protocol.handshake_exc
            super().connection_lost(exc)
            gate.leave(self)
            if was_midway:
                gate.log("a slow request", "a request that did not come to its end was cut")

        def data_received(self, data: bytes) -> None:
            if self.request is None:
                self._said += len(data)
                if self._said > MOST_BEFORE:
                    gate.log("a large request", f"over {MOST_BEFORE} bytes; cut")
                    self.transport.abort()
                    return
            super().data_received(data)
            if self.request is None and self.protocol.handshake_exc is not None:
                gate.log("a malformed request", "not HTTP, or with a body; cut")
                self.transport.close()

    return Gated
