"""Passes data between the slow loop and the server's thread.

Neither side waits: orders go into a bounded queue, views and notes into the queue of the event
loop.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from drumatlas.web.messages import Order
from drumatlas.web.rate_limit import Once
from drumatlas.web.view import View

if TYPE_CHECKING:
    import asyncio

# (time after which notes are withdrawn, 0: none; (at_ns, voice, velocity) of each note)
Notes = tuple[int, list[tuple[int, int, int]]]
Make = Callable[[], bytes]  # makes a .mid file, outside the slow loop
Asked = tuple[str, Callable[[Make | None], None]]  # name of a download, and who receives it

_LINES = 16


class PageServer(Protocol):
    """A receiver of views and notes; called in its own thread."""

    def show(self, view: View) -> None:
        """Send the changes to every page."""

    def play(self, notes: Notes) -> None:
        """Send notes to the pages that play sound."""


class ThreadBridge:
    """The exchange between the two threads. `order` takes the pages' orders; `epoch_ns` is where
    the pages count time from (monotonic ns)."""

    def __init__(self, order: Callable[[Order], None], epoch_ns: int) -> None:
        self.order = order
        self.epoch_ns = epoch_ns
        self.pages = 0  # open pages; read by the slow loop
        self.listeners = 0  # those of them that receive notes
        self.wants_all = False  # a new page needs the whole state
        self.asked: deque[Asked] = deque(maxlen=_LINES)
        self.lines: deque[str] = deque(maxlen=_LINES)  # to be shown to people
        # Present note and channel 0..15 of each of the box's voices.
        self.own_notes: Callable[[], Sequence[tuple[int, int]]] = tuple
        self._once = Once()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: PageServer | None = None
        self._lock = threading.Lock()

    # From the server's thread.

    def open(self, loop: "asyncio.AbstractEventLoop", server: PageServer) -> None:
        """Hand views and notes to `server`, in `loop`, from now on."""
        with self._lock:
            self._loop, self._server = loop, server

    def shut(self) -> None:
        """Hand over nothing from now on."""
        with self._lock:
            self._loop = self._server = None
        self.watch(0, 0)

    def watch(self, pages: int, listeners: int, is_new: bool = False) -> None:
        """Note how many pages are open, and how many of them receive notes. `is_new`: one has just
        opened."""
        self.pages, self.listeners = pages, listeners
        self.wants_all |= is_new

    def log(self, kind: str, line: str) -> None:
        """Queue a line for people, at most once an hour for each kind."""
        if self._once.lets(kind, time.monotonic()):
            self.lines.append(f"page: {line}")

    async def take(self, what: str) -> Make | None:
        """Return a function that makes the .mid file `what` ("beat" or "last"); None if there is
        nothing to save yet."""
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
        """Call `action` in the server's thread; nothing if that has ended."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action, *arguments)
