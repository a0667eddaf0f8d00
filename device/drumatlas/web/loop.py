"""The event loop of the page's thread: it rests, and lets new sockets in one by one."""

import asyncio
import selectors
import sys
from collections.abc import Callable
from socket import socket
from typing import Any

RETRY_S = 1.0  # between two tries to let a socket in, where the system has no descriptor for it

Factory = Callable[[], asyncio.BaseProtocol]


class RestingSelector(selectors.DefaultSelector):
    """Rests between two rounds of the loop: whoever waits in it waits a little longer."""

    def __init__(self, rest: Callable[[], None]) -> None:
        super().__init__()
        self._rest = rest

    def select(self, timeout: float | None = None) -> Any:
        """Rest, then wait as the selector of the system does."""
        self._rest()
        return super().select(timeout)


class Acceptor(asyncio.AbstractServer):
    """Lets sockets in that come at `listening`, each after the pause that `pause_s` asks for.

    asyncio's own server lets in a hundred in one go, for which every open page has to wait, and
    logs a traceback for each that it can't let in. `fail` is called with what is wrong instead.
    """

    def __init__(
        self,
        factory: Factory,
        listening: socket,
        pause_s: Callable[[], float],
        fail: Callable[[BaseException], None],
    ) -> None:
        self._factory, self._listening = factory, listening
        self._pause_s, self._fail = pause_s, fail
        self._loop = asyncio.get_running_loop()
        listening.setblocking(False)
        self._task: asyncio.Task[None] | None = self._loop.create_task(self._accept())

    @property
    def sockets(self) -> tuple[socket, ...]:
        """The socket that listens."""
        return (self._listening,) if self._task else ()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it was made in."""
        return self._loop

    def is_serving(self) -> bool:
        """Whether it lets sockets in."""
        return self._task is not None

    async def start_serving(self) -> None:
        """It has begun already."""

    async def serve_forever(self) -> None:
        """Wait until it is cancelled."""
        await self._loop.create_future()

    def close(self) -> None:
        """Let nobody in from now on; the socket stays open."""
        if self._task:
            self._task.cancel()
            self._task = None

    async def wait_closed(self) -> None:
        """Return at once: who came in is not of concern here."""

    async def _accept(self) -> None:
        while True:
            try:
                one, _ = await self._loop.sock_accept(self._listening)
            except OSError as error:  # no more descriptors, or it has gone again
                self._fail(error)
                await asyncio.sleep(RETRY_S)
                continue
            try:
                await self._loop.connect_accepted_socket(self._factory, one)
            except (OSError, RuntimeError, MemoryError) as error:
                self._fail(error)
                one.close()
            await asyncio.sleep(self._pause_s())


class _Accepts:
    """Has its servers made as `Acceptor`s: `serve` passes on what it does not know itself."""

    async def create_server(
        self,
        factory: Factory,
        _host: None,
        _port: None,
        *,
        sock: socket,
        pause_s: Callable[[], float],
        fail: Callable[[BaseException], None],
    ) -> Acceptor:
        """Let in whoever comes at `sock`."""
        return Acceptor(factory, sock, pause_s, fail)


if sys.platform == "win32":  # its threads have no real-time priority

    class Loop(_Accepts, asyncio.ProactorEventLoop):
        """A loop of the system's own."""

        def __init__(self, _rest: Callable[[], None]) -> None:
            super().__init__()
else:

    class Loop(_Accepts, asyncio.SelectorEventLoop):  # type: ignore[misc]
        """A loop that rests."""

        def __init__(self, rest: Callable[[], None]) -> None:
            super().__init__(RestingSelector(rest))
