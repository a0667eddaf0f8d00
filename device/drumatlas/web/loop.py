"""The event loop of the page's thread: it rests, and accepts new sockets one by one."""

import asyncio
import selectors
import sys
from collections.abc import Callable
from socket import socket
from typing import Any

RETRY_S = 1.0  # between two attempts to accept, while the system has no free descriptor

Factory = Callable[[], asyncio.BaseProtocol]


class RestingSelector(selectors.DefaultSelector):
    """A selector that calls `rest` in each round of the loop, before it waits."""

    def __init__(self, rest: Callable[[], None]) -> None:
        super().__init__()
        self._rest = rest

    def select(self, timeout: float | None = None) -> Any:
        """Rest, then wait like the system's selector."""
        self._rest()
        return super().select(timeout)


class Acceptor(asyncio.AbstractServer):
    """Accepts sockets that arrive at `listening`, with the pause that `pause_s` returns after each.

    asyncio's own server accepts a hundred in one go, so that every open page has to wait, and logs
    a traceback for each one that fails. This one calls `fail` with the error instead.
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
        """The listening socket, while it accepts."""
        return (self._listening,) if self._task else ()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop that it was created in."""
        return self._loop

    def is_serving(self) -> bool:
        """Return whether it accepts sockets."""
        return self._task is not None

    async def start_serving(self) -> None:
        """Do nothing: it accepts from the start."""

    async def serve_forever(self) -> None:
        """Wait until cancelled."""
        await self._loop.create_future()

    def close(self) -> None:
        """Accept no more sockets; the listening one stays open."""
        if self._task:
            self._task.cancel()
            self._task = None

    async def wait_closed(self) -> None:
        """Return at once: accepted sockets are not its concern."""

    async def _accept(self) -> None:
        while True:
            try:
                one, _ = await self._loop.sock_accept(self._listening)
            except OSError as error:  # no more descriptors, or the client has gone again
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
    """Creates its servers as `Acceptor`s. `serve` passes on the arguments that it does not know."""

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
        """Accept sockets that arrive at `sock`."""
        return Acceptor(factory, sock, pause_s, fail)


if sys.platform == "win32":  # threads have no real-time priority there

    class Loop(_Accepts, asyncio.ProactorEventLoop):
        """The system's own loop, which does not rest."""

        def __init__(self, _rest: Callable[[], None]) -> None:
            super().__init__()
else:

    class Loop(_Accepts, asyncio.SelectorEventLoop):  # type: ignore[misc]
        """A loop that rests."""

        def __init__(self, rest: Callable[[], None]) -> None:
            super().__init__(RestingSelector(rest))
