"""The thread that serves the page. Until somebody comes it waits in the kernel and has loaded
nothing: a page that nobody opens costs a socket."""

import os
import select
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from drumatlas.errors import WebError
from drumatlas.realtime import SLOW_PRIORITY, request_realtime
from drumatlas.web.address import Address
from drumatlas.web.desk import Desk, Server

if TYPE_CHECKING:
    import asyncio

_BACKLOG = 32


class Runs(Server, Protocol):
    """A server as it is run."""

    async def run(self, listening: socket.socket, over: "asyncio.Event") -> None:
        """Serve on a socket that listens, until `over`."""


def listen(address: Address) -> socket.socket:
    """A socket at `address`; WebError says why there is none."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # Not `error.strerror`, to which create_server adds the address once more.
        is_name = isinstance(error, socket.gaierror)
        reason = error.strerror if is_name else os.strerror(error.errno or 0)
        raise WebError(f"page: {address}: {reason}") from None


class Serving:
    """Waits at `listening`, then has a server made and runs it in an event loop."""

    def __init__(self, listening: socket.socket, desk: Desk, make: Callable[[], Runs]) -> None:
        self._listening, self._desk, self._make = listening, desk, make
        self._wake, self._woken = socket.socketpair()
        self._is_over = False
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def close(self) -> None:
        """End the thread (5 s at most); open pages are told."""
        self._is_over = True
        self._wake.close()
        if self._over is not None:
            self._desk.put(self._over.set)
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        self._listening.close()
        self._woken.close()

    def _run(self) -> None:
        select.select([self._listening, self._woken], [], [])
        if self._is_over:
            return
        # As the slow loop: whoever is preempted while it holds the interpreter's lock holds up
        # the performer.
        request_realtime(SLOW_PRIORITY)
        import asyncio  # noqa: PLC0415 - 9 MB that a page which nobody opens need not take

        try:
            asyncio.run(self._serve(asyncio.Event()))
        except Exception as error:  # the page is gone; the beat goes on
            self._desk.lines.append(f"page: {type(error).__name__}: {error}")
        finally:
            self._desk.shut()

    async def _serve(self, over: "asyncio.Event") -> None:
        import asyncio  # noqa: PLC0415

        server = self._make()
        self._desk.open(asyncio.get_running_loop(), server)
        self._over = over
        if not self._is_over:
            await server.run(self._listening, over)
