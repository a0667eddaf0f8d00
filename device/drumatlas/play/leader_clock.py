"""A leader's clock, counted and smoothed: combines `ClockCount` and `ClockFilter`. Pure."""

from dataclasses import dataclass

from drumatlas.play.clock_count import ClockCount, Count, Expected
from drumatlas.play.clock_filter import ClockFilter
from drumatlas.play.packets import Packets


@dataclass(frozen=True, slots=True)
class Tick:
    """A clock that counts: by how many ticks it moves the position, when it should have arrived
    (monotonic ns), and whether a new count begins with it, after a long silence."""

    ticks: int
    at_ns: int
    is_first: bool


class LeaderClock:
    """Tracks a leader's clock. Feed it the arrival of each clock; `period_ns` is the initial length
    of a tick."""

    def __init__(self, period_ns: float) -> None:
        self._count = ClockCount()
        self._packets = Packets()
        self._filter = ClockFilter(period_ns)
        self._last_ns: int | None = None

    @property
    def last_ns(self) -> int | None:
        """When the last clock that counts arrived, monotonic ns."""
        return self._last_ns

    @property
    def pending(self) -> int:
        """How many ticks are in doubt; they count unless later clocks disprove them."""
        return 0 if self._packets.is_on else self._count.pending()

    def expected(self) -> Expected:
        """Return the state of the leader."""
        loop = self._filter
        return Expected(loop.period_ns, loop.due_ns, loop.spread_ns, loop.is_locked)

    def begin(self) -> None:
        """Let the position be set with this clock."""
        self._count.begin()
        self._packets.begin()

    def take(self, at_ns: int) -> tuple[int, Tick | None]:
        """Return (what to add to the earlier position, the clock or None if it does not count)."""
        expected, was_on = self.expected(), self._packets.is_on
        count = self._packets.take(at_ns, self._count.take(at_ns, expected), expected)
        if was_on and not self._packets.is_on:
            self._count = ClockCount(at_ns)  # its count until now is of no use
        if count.ticks == 0:
            return count.shift, None
        smooth_ns = self._smooth(count, at_ns)
        self._last_ns = at_ns
        return count.shift, Tick(max(count.ticks, 1), smooth_ns, count.ticks < 0)

    def _smooth(self, count: Count, at_ns: int) -> int:
        """Return when the clock should have arrived, monotonic ns."""
        loop, periods = self._filter, count.ticks + count.shift
        if count.is_packet:
            loop.expect_packets()
        if count.ticks < 0:
            return loop.restart(at_ns)
        if count.period_ns is not None and self._last_ns is not None:
            loop.restart(self._last_ns, count.period_ns)
            periods = count.ticks
        elif count.scale != 1.0:
            loop.rescale(count.scale)
            periods = count.ticks
            # A packet with two clocks waited least, one after an empty packet the longest.
            half_ns = loop.period_ns / (2 if count.scale < 1.0 else -2)
            loop.shift(count.shift, at_ns + half_ns - (periods - 1) * loop.period_ns)
        elif periods < 1:
            periods = count.ticks
            loop.shift(count.shift, at_ns - (periods - 1) * loop.period_ns)
        return loop.update(at_ns, periods, again=count.again)
