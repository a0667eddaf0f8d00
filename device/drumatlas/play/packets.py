"""Detects clocks that come in packets nearly as long as a tick. Pure.

Some transports (Bluetooth, networks, polling drivers) hold clocks back until the next packet
leaves. With packets of 20 ms and ticks of 20.83 ms, every 25th packet brings no clock although none
was lost. With packets longer than a tick, some bring two although none was doubled. A cable that
loses or doubles a clock now and then looks the same at first. Two facts separate them:

- Packets leave at even times, so arrivals lie on an even grid (of packets, not of ticks).
- The surplus of clocks over packets follows a straight line, since both rates are constant. So an
  odd packet arrives whenever that line crosses a half, give or take the leader's jitter. Clocks
  that a cable loses or doubles at random move away from any line.

A cable that loses exactly every 25th clock is mistaken for packets.
"""

from collections import deque
from dataclasses import dataclass

from drumatlas.play.clock_count import Count, Expected

_REMEMBERED = 64  # packets, and odd ones, that are remembered
_SAME = 0.35  # of a packet: clocks closer than this share a packet
_OFF_GRID = 0.3  # of a packet: an arrival further off begins a new grid
_LONGEST = 3  # packets from one clock to the next; more is a dropout
_STILL_NS = 580_000  # mean error of arrivals; above this it is a jittery cable
_JITTER_NS = 1_150_000  # a leader's own jitter, at most
_MISS = 0.02  # clocks that the line may miss in addition
_EXACT = 5  # crossings since the first odd packet; enough for a leader without jitter
_LEVELS = 6  # ... and for one with jitter
_LATER_LEVELS = 8  # crossings since a later one: of so many windows some fit by chance
_LEAST_SLOPE, _MOST_SLOPE = 0.002, 0.3  # surplus clocks per packet, absolute
_SURE = 8  # crossings after which the clocks certainly came in packets
_MISSES = 3  # odd packets in a row off the line, after which packets have ended
_LOOSE = 1.5  # tolerances by which a further odd packet may miss the line
_OVERDUE = 2.5  # usual distances without a crossing, after which packets have ended


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts so far: clocks that came, ticks that the position moved, packets that were due."""

    heard: int = 0
    moved: int = 0
    due: int = 0


@dataclass(frozen=True, slots=True)
class _Odd:
    """A packet with no clock or with more than one: its number, the half that the surplus crossed,
    and the counts before it."""

    slot: int
    level: float
    before: _Counts


@dataclass(frozen=True, slots=True)
class _Line:
    """The surplus of clocks over packets as a line: `slope` per packet, `start` at packet 0."""

    slope: float
    start: float

    def misses(self, odd: _Odd) -> float:
        """Return by how many clocks the line misses the half where an odd packet came."""
        return abs(odd.level - self.start - self.slope * odd.slot)


class Packets:
    """Detects packets. Feed it the arrival of each clock (monotonic ns), and how the clock would
    count on a cable."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.is_on = False  # whether clocks come in packets
        self._intervals: deque[tuple[int, int]] = deque()  # ns, packets; at most _REMEMBERED
        self._sum = 0, 0  # of these
        self._packet_ns: int | None = None  # when the last packet came
        self._size = 0  # clocks in it
        self._surplus = 0  # of clocks before it
        self._now = self._before = self._origin = _Counts()  # now, and before the last packet
        self._odds: deque[_Odd] = deque(maxlen=_REMEMBERED)
        self._line = _Line(0.0, 0.0)
        self._first = _Counts()  # before the first odd packet on it
        self._missed = 0  # odd packets in a row that are not on it

    def begin(self) -> None:
        """Limit later corrections to the clocks after this one."""
        self._origin = self._now

    def take(self, at_ns: int, count: Count, expected: Expected) -> Count:
        """Take a clock whose count on a cable is `count`; return the count that applies."""
        if count.ticks < 0:
            self._reset()
        elif self._packet_ns is None or not (self._intervals or expected.is_locked):
            self._packet_ns, self._size = at_ns, 1
        else:
            return self._add(at_ns, at_ns - self._packet_ns, count, expected.period_ns)
        return count

    def _add(self, at_ns: int, interval: int, count: Count, period_ns: float) -> Count:
        length = self._length_ns() or period_ns
        due = max(round(interval / length), 1) if interval > _SAME * length else 0
        is_off = due > 0 and abs(interval - due * length) > _OFF_GRID * length
        if due > _LONGEST or (is_off and not self.is_on):
            self._reset()
            return count
        before = self._now
        if not due:
            self._size += 1
            count = Count(1, again=True, is_packet=True) if self.is_on else count
        else:
            if not is_off:
                self._remember(interval, due)
            count = self._begin_packet(due, count, period_ns)
            self._packet_ns = at_ns - (interval - round(due * length) if is_off else 0)
            self._size, self._before = 1, before
        moved = before.moved + count.ticks + count.shift
        self._now = _Counts(before.heard + 1, moved, before.due + due)
        return count

    def _begin_packet(self, due: int, count: Count, period_ns: float) -> Count:
        """Close the packet before; the new one is the last of `due`."""
        slot, is_odd = self._now.due, self._size > 1 or due > 1
        if self._size > 1:
            self._cross(slot, self._size - 1, self._before)
        for empty in range(1, due):
            self._cross(slot + empty, -1, self._now)
        if self.is_on:
            return self._go_on(due, period_ns, is_odd)
        window = self._straight() if is_odd else None
        return count if window is None else self._turn_on(window, period_ns)

    def _cross(self, slot: int, clocks: int, before: _Counts) -> None:
        """Change the surplus by `clocks` with packet `slot`."""
        odd = _Odd(slot, self._surplus + clocks / 2, before)
        self._surplus += clocks
        if self.is_on and self._line.misses(odd) > _LOOSE * self._tolerance(self._line):
            self._missed += 1  # a delayed packet, or not a packet at all
            return
        self._missed = 0
        self._odds.append(odd)

    def _straight(self) -> list[_Odd] | None:
        """Return the odd packets that lie on a line; None if there are too few or arrivals are
        uneven."""
        if self._error_ns() > _STILL_NS:
            return None
        odds = list(self._odds)
        jitter_ns = _JITTER_NS if _crossings(odds) >= _LEVELS else 0
        is_enough = len(odds) < _REMEMBERED and _crossings(odds) >= _EXACT
        if is_enough and self._fits(odds, jitter_ns):
            return odds
        while _crossings(odds[1:]) >= _LATER_LEVELS:
            odds.pop(0)
        return odds if _crossings(odds) >= _LATER_LEVELS and self._fits(odds, _JITTER_NS) else None

    def _remember(self, interval: int, due: int) -> None:
        """Note that the last `due` packets took `interval` ns."""
        is_full = len(self._intervals) == _REMEMBERED
        old_ns, old = self._intervals.popleft() if is_full else (0, 0)
        self._intervals.append((interval, due))
        ns, packets = self._sum
        self._sum = ns + interval - old_ns, packets + due - old

    def _length_ns(self) -> float:
        """Return the mean length of a packet, ns; 0 if it is not known."""
        ns, packets = self._sum
        return ns / packets if packets else 0.0

    def _error_ns(self) -> float:
        length = self._length_ns()
        return sum(abs(ns - n * length) for ns, n in self._intervals) / len(self._intervals)

    def _fits(self, odds: list[_Odd], jitter_ns: float) -> bool:
        line = _line(odds)
        if not _LEAST_SLOPE < abs(line.slope) < _MOST_SLOPE:
            return False
        return max(line.misses(odd) for odd in odds) < self._tolerance(line, jitter_ns)

    def _tolerance(self, line: _Line, jitter_ns: float = _JITTER_NS) -> float:
        """Return by how many clocks the line may be missed: half a packet, the leader's jitter, and
        a little."""
        return abs(line.slope) / 2 + jitter_ns / self._length_ns() + _MISS

    def _turn_on(self, window: list[_Odd], period_ns: float) -> Count:
        """Count all clocks since the first odd packet."""
        self.is_on, self._line, self._first = True, _line(window), window[0].before
        self._odds = deque(window, maxlen=_REMEMBERED)
        base = max(self._first, self._origin, key=lambda counts: counts.heard)
        missed = self._now.heard - base.heard - (self._now.moved - base.moved)
        tick_ns = self._length_ns() / (1.0 + self._line.slope)
        return Count(1, missed, scale=tick_ns / period_ns, is_packet=True)

    def _go_on(self, due: int, period_ns: float, is_odd: bool) -> Count:
        if is_odd and not self._missed:
            self._line = _line(list(self._odds))
        away = (self._now.due + due - self._odds[-1].slot) * abs(self._line.slope)
        if self._missed < _MISSES and away < _OVERDUE:
            return Count(1, is_packet=True)
        self.is_on = False
        if _crossings(list(self._odds)) >= _SURE:
            self._odds.clear()
            return Count(1)
        # There never were packets: each one that was due is a tick.
        base = max(self._first, self._origin, key=lambda counts: counts.heard)
        missed = self._now.due - base.due - (self._now.moved - base.moved)
        return Count(due, missed, scale=self._length_ns() / period_ns)


def _crossings(odds: list[_Odd]) -> int:
    """Return how many halves the surplus has crossed."""
    return len({odd.level for odd in odds})


def _line(odds: list[_Odd]) -> _Line:
    """Return the straight line of least squares, or a flat one through a single packet."""
    x = sum(odd.slot for odd in odds) / len(odds)
    y = sum(odd.level for odd in odds) / len(odds)
    square = sum((odd.slot - x) ** 2 for odd in odds)
    slope = sum((odd.slot - x) * (odd.level - y) for odd in odds) / square if square else 0.0
    return _Line(slope, y - slope * x)
