"""The thread that serves the page. Until a client connects it waits in the kernel and has loaded
nothing: a page that nobody opens costs a socket."""

import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from drumatlas.errors import WebError
from drumatlas.realtime import SLOW_PRIORITY, request_realtime
from drumatlas.web.address import Address
from drumatlas.web.bridge import PageServer, ThreadBridge
from drumatlas.web.pacing import Rest

if TYPE_CHECKING:
    import asyncio

_BACKLOG = 32
# The kernel's buffers for each socket, in each direction; they would grow to 4 to 6 MB.
_KERNEL_BYTES = 64 << 10
_AGAIN_S = 5.0  # after a fault of the server, until it is started again


class Runs(PageServer, Protocol):
    """A server with its main coroutine."""

    async def run(self, listening: socket.socket, over: "asyncio.Event") -> None:
        """Serve on a listening socket until `over` is set."""


def listen(address: Address) -> socket.socket:
    """Return a listening socket at `address`; WebError if the address can't be used."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server(
            (address.host, address.port), family=family, backlog=_BACKLOG
        )
        for way in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # inherited by accepted sockets
            listening.setsockopt(socket.SOL_SOCKET, way, _KERNEL_BYTES)
        return listening
    except OSError as error:
        # Not `error.strerror`, since create_server adds the address to it again.
        is_name = isinstance(error, socket.gaierror)
        reason = error.strerror if is_name else os.strerror(error.errno or 0)
        raise WebError(f"page: {address}: {reason}") from None


class Serving:
    """Waits at `listening`, then calls `make` for a server and runs it in an event loop."""

    def __init__(
        self, listening: socket.socket, bridge: ThreadBridge, make: Callable[[], Runs]
    ) -> None:
        self._listening, self._bridge, self._make = listening, bridge, make
        self._wake, self._woken = socket.socketpair()
        self._is_over = False
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Start the thread. WebError if the system has none left."""
        try:
            self._thread.start()
        except (RuntimeError, MemoryError) as error:
            self._listening.close()
            raise WebError(f"no thread to serve it ({error or 'out of memory'})") from None

    def close(self) -> None:
        """End the thread (5 s at most); open pages receive a close frame."""
        self._is_over = True
        self._wake.close()
        if self._over is not None:
            self._bridge.put(self._over.set)
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        self._listening.close()
        self._woken.close()

    def _run(self) -> None:
        while True:
            select.select([self._listening, self._woken], [], [])
            if self._is_over:
                return
            try:
                self._run_loop()
            except Exception as error:  # the page is away for a while; the beat goes on
                self._bridge.log("the server", f"{type(error).__name__}: {error}")
                select.select([self._woken], [], [], _AGAIN_S)
            finally:
                self._bridge.shut()

    def _run_loop(self) -> None:
        # Like the slow loop: a thread preempted while it holds the interpreter's lock delays the
        # performer. It rests, so that the kernel's limit for real-time threads is not reached.
        request_realtime(SLOW_PRIORITY)
        rest = _resting()
        with _resting_imports(rest):
            import asyncio  # noqa: PLC0415 - 9 MB, saved while no page is open

            from drumatlas.web.loop import Loop  # noqa: PLC0415

            server = self._make()
        with asyncio.Runner(loop_factory=lambda: Loop(rest)) as runner:
            runner.run(self._serve(server, asyncio.Event()))

    async def _serve(self, server: Runs, over: "asyncio.Event") -> None:
        import asyncio  # noqa: PLC0415

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._fail)
        self._bridge.open(loop, server)
        self._over = over
        if not self._is_over:
            await server.run(self._listening, over)

    def _fail(self, _loop: object, context: "dict[str, object]") -> None:
        """Log in one line an error that asyncio would log with a traceback."""
        self._bridge.log("a fault", f"{context.get('exception') or context.get('message')}")


def _resting() -> Callable[[], None]:
    """Return a function for the calling thread to call between two pieces of its work."""
    rest = Rest()

    def take() -> None:
        due_ns = rest.due_ns(time.monotonic_ns(), time.thread_time_ns(), time.process_time_ns())
        if due_ns:
            time.sleep(due_ns / 1e9)

    return take


class _Finder:
    """An import finder that finds no module, but rests whenever the thread that made it imports
    one."""

    def __init__(self, rest: Callable[[], None]) -> None:
        self._rest, self._thread = rest, threading.get_ident()

    def find_spec(self, _name: str, _path: object = None, _target: object = None) -> None:
        """Rest, if the calling thread is the one that made it."""
        if threading.get_ident() == self._thread:
            self._rest()


@contextmanager
def _resting_imports(rest: Callable[[], None]) -> Iterator[None]:
    """Rest between the imports of this thread. Together they take most of a second on a small
    machine."""
    finder = _Finder(rest)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
