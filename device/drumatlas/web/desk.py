"""What the slow loop and the server's thread hand each other, over one desk.

Nobody waits: orders lie in a bounded queue, views and notes are put into the event loop's own.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from drumatlas.web.limits import Once
from drumatlas.web.orders import Order
from drumatlas.web.view import View

if TYPE_CHECKING:
    import asyncio

Notes = tuple[int, list[tuple[int, int, int]]]  # taken back after (0: nothing); at_ns, voice, loud
Make = Callable[[], bytes]  # a .mid file, made by whoever has the time
Asked = tuple[str, Callable[[Make | None], None]]  # what to download, and who waits for it

_LINES = 16


class Server(Protocol):
    """What takes views and notes; called in its own thread."""

    def show(self, view: View) -> None:
        """Tell every page what changed."""

    def play(self, notes: Notes) -> None:
        """Send notes to the pages that sound."""


class Desk:
    """`order` takes the pages' orders. `epoch_ns` is where the pages count time from."""

    def __init__(self, order: Callable[[Order], None], epoch_ns: int) -> None:
        self.order = order
        self.epoch_ns = epoch_ns
        self.pages = 0  # open; for the slow loop to look at
        self.listeners = 0  # of these, those that want notes
        self.wants_all = False  # a page came that knows nothing yet
        self.asked: deque[Asked] = deque(maxlen=_LINES)
        self.lines: deque[str] = deque(maxlen=_LINES)  # to be said
        # Note and channel 0..15 of each of the box's voices, at present.
        self.own_notes: Callable[[], Sequence[tuple[int, int]]] = tuple
        self._once = Once()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._lock = threading.Lock()

    # From the server's thread.

    def open(self, loop: "asyncio.AbstractEventLoop", server: Server) -> None:
        """From now on `server` takes what is put, in `loop`."""
        with self._lock:
            self._loop, self._server = loop, server

    def shut(self) -> None:
        """It takes no more."""
        with self._lock:
            self._loop = self._server = None
        self.watch(0, 0)

    def watch(self, pages: int, listeners: int, is_new: bool = False) -> None:
        """So many pages are open now."""
        self.pages, self.listeners = pages, listeners
        self.wants_all |= is_new

    def log(self, kind: str, line: str) -> None:
        """Something that people should hear of, each kind once an hour."""
        if self._once.lets(kind, time.monotonic()):
            self.lines.append(f"page: {line}")

    async def take(self, what: str) -> Make | None:
        """A .mid file ("beat" or "last") as the slow loop has it; None if there is none."""
        assert self._loop is not None
        answer: asyncio.Future[Make | None] = self._loop.create_future()

        def settle(make: Make | None) -> None:
            if not answer.done():
                answer.set_result(make)

        self.asked.append((what, lambda make: self.put(settle, make)))
        return await answer

    # From the slow loop.

    def show(self, view: View) -> None:
        """Have a view shown."""
        if self._server:
            self.put(self._server.show, view)

    def play(self, notes: Notes) -> None:
        """Have notes sent."""
        if self._server:
            self.put(self._server.play, notes)

    def put(self, action: Callable[..., object], *arguments: Any) -> None:
        """Have the server's thread do something; nothing if it has ended."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action, *arguments)
