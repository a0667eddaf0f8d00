"""Limits on connections: how many sockets may be open, how fast they may arrive, how much each may
send, and how much may wait to be read by each.

Every number here bounds memory or processor time that a stranger can use.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import CTRL_OPCODES, CloseCode, Frame
from websockets.protocol import State

from drumatlas.web.rate_limit import Bucket

MOST_SOCKETS = 48  # open at once; a page uses 6 while it loads, then 1
ARRIVALS_A_SECOND, ARRIVALS_AT_ONCE = 20.0, 120.0  # a page has 20 files
NAP_S = 0.05  # between two arrivals of a flood
MOST_BEFORE = 16 << 10  # bytes of a request; a browser sends 1 KB
PIECE = 4 << 10  # bytes that are read between two checks of the allowances: 700 frames
MOST_WAITING = 512 << 10  # bytes that one open page may leave unread; a view has under 20 KB
MOST_WAITING_TOGETHER = 4 << 20  # bytes over all sockets, including files
STUCK_S = 10.0  # for which an open page may read nothing while data waits for it
CUT_S = 1.0  # for the close frame to get through
MOST_AFTER = 16 << 20  # bytes that are discarded meanwhile: a busy sender does not read yet


@dataclass(frozen=True, slots=True)
class Allowance:
    """Limits (rate a second, burst): for one page, and for all pages together."""

    one: tuple[float, float]
    all: tuple[float, float]


# Dragging sends 60 small messages a second, and a file has up to 256 KB. Browsers send a control
# frame when they close, and one for each of our pings, three a minute.
ALLOWANCES: Mapping[str, Allowance] = {
    "bytes": Allowance((32e3, 512e3), (96e3, 1.5e6)),
    "frames": Allowance((150, 400), (500, 1500)),
    "control frames": Allowance((1, 20), (8, 80)),
}

Log = Callable[[str, str], None]  # kind of event, and a line about it


class Meter:
    """Compares what one page sends, or all pages together, with the allowances."""

    def __init__(self, of: Callable[[Allowance], tuple[float, float]]) -> None:
        self._buckets = {name: Bucket(*of(allowance)) for name, allowance in ALLOWANCES.items()}

    def take(self, what: str, count: int, now: float) -> bool:
        """Return whether `count` more of `what` are within the allowance at `now` (s); count them
        if so."""
        return self._buckets[what].take(now, count)

    def used(self, what: str, now: float) -> float:
        """Return how much of the allowance of `what` is used at `now` (s)."""
        return self._buckets[what].used(now)

    def give(self, what: str, count: float) -> None:
        """Take back `count` of `what`, as if it had not been sent."""
        self._buckets[what].give(count)


class ConnectionLimits:
    """Counts sockets and their traffic. If there is one socket too many, the one that has been idle
    longest is cut. If all pages together send too much, the one that sends most is cut."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._arrivals = Bucket(ARRIVALS_A_SECOND, ARRIVALS_AT_ONCE)
        self._meter = Meter(lambda allowance: allowance.all)
        self._open: dict[Any, None] = {}  # in order of arrival

    def pause_s(self, now: float) -> float:
        """Return how long (s) to wait before the next socket is let in, given that one arrived at
        `now` (s)."""
        if self._arrivals.take(now):
            return 0.0
        self.log("a flood", "too many connections; new ones have to wait")
        return NAP_S

    def enter(self, socket: "LimitedConnection") -> None:
        """Count one more socket, and cut the oldest idle one if there are too many."""
        self._open[socket] = None
        if len(self._open) > MOST_SOCKETS:
            idle = (one for one in self._open if one.state is not State.OPEN)
            self.log("a crowd", f"more than {MOST_SOCKETS} sockets; the oldest idle ones are cut")
            cut = next(idle, socket)
            cut.transport.abort()
            self.leave(cut)  # it leaves by itself only later, too late in a burst

    def leave(self, socket: "LimitedConnection") -> None:
        """Count one socket less."""
        self._open.pop(socket, None)

    def count(self, socket: "LimitedConnection", what: str, count: int) -> None:
        """Count `count` of `what` from an open page. If that is too much, cut the page, or the
        busiest one."""
        now = time.monotonic()
        if not socket.meter.take(what, count, now):
            socket.cut(f"too many {what}")
        elif not self._meter.take(what, count, now):
            pages = (one for one in self._open if one.state is State.OPEN)
            busiest = max(pages, key=lambda one: one.meter.used(what, now), default=socket)
            busiest.cut(f"too many {what} from all pages together")
            # The other pages should not pay for it.
            self._meter.give(what, busiest.meter.used(what, now))

    def weigh(self, socket: "LimitedConnection") -> None:
        """Cut a socket whose other end leaves too much unread."""
        if not socket.waiting:
            return
        if socket.state is State.OPEN and socket.waiting > MOST_WAITING:
            self.log("a page that does not read", "a page that did not read was cut")
            socket.transport.abort()
            return
        waiting = [one for one in self._open if one.waiting]
        if len(waiting) > 1 and sum(one.waiting for one in waiting) > MOST_WAITING_TOGETHER:
            self.log(
                "slow readers",
                f"over {MOST_WAITING_TOGETHER >> 20} MB wait to be read; one page was cut",
            )
            max(waiting, key=lambda one: one.waiting).transport.abort()


class LimitedConnection(ServerConnection):
    """A socket that passes through a limits. It is cut if it sends too much, does not send a valid
    request, or does not read."""

    limits: ConnectionLimits  # set by `limited_connection`

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.meter = Meter(lambda allowance: allowance.one)
        self._said = 0
        self._is_cut = False
        self._after = 0
        self._stuck: Any = None  # a timer

    @property
    def _is_ended(self) -> bool:
        """Whether the other end has closed it properly, or it was cut."""
        return self._is_cut or self.protocol.close_rcvd is not None

    @property
    def waiting(self) -> int:
        """How many bytes wait for the other end to read."""
        size = self.transport.get_write_buffer_size()
        return int(size)

    def cut(self, reason: str) -> None:
        """Close it for `reason` and read no more; the server logs the reason."""
        if self._is_cut:
            return
        self.protocol.fail(CloseCode.POLICY_VIOLATION, reason)
        super().send_data()
        self._shut()

    def _shut(self) -> None:
        """Accept nothing more, and abort once the messages already sent had time to get through."""
        self._is_cut = True
        self.loop.call_later(CUT_S, self.transport.abort)

    def connection_made(self, transport: Any) -> None:
        """Pass through the limits."""
        super().connection_made(transport)
        self.limits.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the limits; log a request that never ended."""
        was_midway = self._said and self.request is None and not self.protocol.handshake_exc
        self._free()
        super().connection_lost(exc)
        self.limits.leave(self)
        if was_midway:
            self.limits.log("a slow request", "a request that never ended was cut")

    def data_received(self, data: bytes) -> None:
        """Process data in small pieces, so that a flood is noticed before it is parsed."""
        if self._is_cut:
            self._after += len(data)
            if self._after > MOST_AFTER:
                self.transport.pause_reading()
            return
        for start in range(0, len(data), PIECE):
            if self._is_cut or self.transport.is_closing():
                return
            self._receive(data[start : start + PIECE])

    def _receive(self, data: bytes) -> None:
        if self.request is not None:
            self.limits.count(self, "bytes", len(data))
            if not self._is_cut:
                super().data_received(data)
            if self.protocol.close_sent and self.protocol.eof_sent and not self._is_ended:
                self._shut()  # the library found bad frames, but would read on
            return
        self._said += len(data)
        if self._said > MOST_BEFORE:
            self.limits.log("a large request", f"over {MOST_BEFORE} bytes; the request was cut")
            self.transport.abort()
            return
        super().data_received(data)
        if self.request is None and self.protocol.handshake_exc is not None:
            self.limits.log("a malformed request", "not HTTP, or had a body; the request was cut")
            self.transport.close()

    def process_event(self, event: Any) -> None:
        """Process a request or a frame; frames are counted."""
        super().process_event(event)
        if isinstance(event, Frame):
            is_control = event.opcode in CTRL_OPCODES
            self.limits.count(self, "control frames" if is_control else "frames", 1)

    def send_data(self) -> None:
        """Write outgoing data, and check how much waits."""
        super().send_data()
        self.limits.weigh(self)

    def pause_writing(self) -> None:
        """Start a timer: the other end does not read."""
        super().pause_writing()
        self._stuck = self.loop.call_later(STUCK_S, self._give_up)

    def resume_writing(self) -> None:
        """Stop the timer: the other end has read."""
        self._free()
        super().resume_writing()

    def _free(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _give_up(self) -> None:
        self.limits.log("a page that does not read", "a page that did not read was cut")
        self.transport.abort()


def limited_connection(limits: ConnectionLimits) -> type[LimitedConnection]:
    """Return a class of connections that go through `limits`."""
    return type("LimitedConnection", (LimitedConnection,), {"limits": limits})
