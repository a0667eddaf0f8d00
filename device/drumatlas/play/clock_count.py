"""Counts how many of a leader's ticks each incoming MIDI clock stands for. Pure.

By the MIDI specification each clock is one tick. Some transports hide this: Bluetooth, networks and
polling drivers deliver clocks in packets, a merged cable delivers each clock twice, a busy sender
stalls and then catches up, and some clocks are lost. So clocks that arrive together are treated as
one burst:

- A burst of the size that the tempo explains counts in full.
- A burst with too many clocks is in doubt until the next one. If two bursts in a row hold pairs,
  the clocks are doubled, and every second one is ignored. Otherwise all of them count.
- A gap is filled in by time. If the missing clocks then arrive in a burst, they are the ones that
  were already filled in.

A decision that turns out to be wrong is undone: `Count.shift` corrects the position.
"""

from collections import deque
from dataclasses import dataclass, replace

from drumatlas.play.timeline import PPQN

BRIDGE_TICKS = PPQN  # the beat goes on for so long without a foreign clock
BURST_NS = 4_000_000  # clocks lie 8.3 ms apart at 300 BPM
_BURST = 0.35  # of a period: the same limit, relative
_EARLY = 0.5  # of a period: a clock this early is in doubt
_SPREADS = 2.2  # a packet's clock may also be early by this many mean errors
_LATE = 0.6  # of a period late: clocks were lost or delayed, or the tempo fell
_LOST = 0.8  # of a period late: one clock was lost; less where clocks jitter
_USUAL = 1.6  # usual intervals; anything shorter is not a gap
_ALIKE = 0.15  # two late clocks in a row this much alike are a slower tempo
_SURE = 256  # bursts of pairs in a row, after which clocks are certainly doubled
_PACKETS = 24  # even clocks in a row, after which packets are no longer expected
_REGULAR = 4  # even clocks in a row, after which one extra or missing clock is an exception
_ON_TIME = 0.5  # of a period: largest error of an even clock
_MOST_CALM = 200  # upper bound for the even clocks between packets


@dataclass(frozen=True, slots=True)
class Count:
    """What one clock means. `ticks`: by how many ticks it moves the position; 0: it does not count;
    -1: a new count begins after a long silence. `shift`: correction of the earlier position, in
    ticks. `again`: the clock belongs to the same burst as the one before. `period_ns`: length of a
    tick since the clock before, where it is known. `scale`: factor by which a tick is longer than
    assumed. `is_packet`: clocks arrive in packets."""

    ticks: int
    shift: int = 0
    again: bool = False
    period_ns: float | None = None
    scale: float = 1.0
    is_packet: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """The state of a leader: the length of a tick, when its next clock is due (monotonic ns), the
    mean error of its clocks (ns), and whether these can be trusted."""

    period_ns: float
    due_ns: float
    spread_ns: float
    is_locked: bool


@dataclass(slots=True)
class _Doubles:
    """Whether every second clock is ignored. `left_out`: how many were ignored while that may still
    be wrong."""

    is_on: bool = False
    is_sure: bool = False
    left_out: int = 0
    bursts: int = 0
    is_ending: bool = False  # one burst was a single clock


@dataclass(slots=True)
class _Gap:
    """How many ticks were filled in, how many of those arrived later after all, and the interval
    between the two clocks around the gap (ns)."""

    made_up: int
    interval_ns: int
    came: int = 0


class ClockCount:
    """Counts clocks. Feed it the arrival of each one, in monotonic ns."""

    def __init__(self, last_ns: int | None = None) -> None:
        self._last_ns = last_ns
        self._reset()

    def _reset(self) -> None:
        self._size = 1  # clocks in the current burst
        self._doubt = 0  # clocks in it, and in the one before, that may be doubles
        self._own_doubt = 0  # those in the current burst only
        self._is_extra = False  # the burst is one extra clock among even ones
        self._has_odd = False  # there were clocks that were not doubled
        self._packets = 0  # even clocks left until packets are no longer expected
        self._calm = 0  # even clocks in a row
        self._calm_before = 0  # those before the current burst
        self._longest = 0  # longest run of even clocks between packets
        self._undone: int | None = None  # correction if the last odd clock was in a packet
        self._doubled = 0  # bursts in a row with such clocks
        self._doubles = _Doubles()
        self._gap: _Gap | None = None
        self._usual: deque[int] = deque(maxlen=8)  # intervals between bursts

    def begin(self) -> None:
        """Settle all doubts: the next clock sets a new position."""
        self._doubt = self._own_doubt = self._doubled = self._doubles.left_out = 0
        self._gap = self._undone = None

    def pending(self) -> int:
        """Return how many ticks are in doubt; they count unless later clocks disprove them."""
        return self._doubt

    def take(self, at_ns: int, expected: Expected) -> Count:
        """Count a clock that arrived at `at_ns` (monotonic)."""
        last_ns, self._last_ns = self._last_ns, at_ns
        if last_ns is None:
            return Count(-1)
        interval = at_ns - last_ns
        limit = min(BURST_NS, _BURST * expected.period_ns) if expected.is_locked else BURST_NS
        early_ns = expected.due_ns - at_ns
        gap = self._gap
        is_early = interval < limit or early_ns > _EARLY * expected.period_ns
        if gap and gap.came < gap.made_up and is_early:
            gap.came += 1
            return Count(0)
        if interval < limit:
            return self._go_on(at_ns, expected)
        were_doubles = self._doubles
        self._has_odd |= self._size % 2 > 0
        shift = self._end_burst(interval, expected)
        self._size, self._own_doubt = 1, 0
        self._note_calm(at_ns, expected)
        count = self._begin_burst(at_ns, interval, expected)
        if shift and shift == were_doubles.left_out:  # they were packets of two
            count = replace(count, period_ns=expected.period_ns / 2)
        if count.ticks < 0:
            self._reset()
            return count
        return replace(count, shift=shift + count.shift, is_packet=self._packets > 0)

    def _note_calm(self, at_ns: int, expected: Expected) -> None:
        """Note, at the start of a burst, whether the clocks are even."""
        self._calm_before = self._calm
        is_even = abs(at_ns - expected.due_ns) < _ON_TIME * expected.period_ns
        if expected.is_locked and is_even:
            self._calm += 1
            self._packets = max(self._packets - 1, 0)
            if self._calm >= _REGULAR:
                self._undone = None
        else:
            self._calm = 0

    def _see_packets(self) -> int:
        """Note that clocks arrive in packets; return what to add to the position."""
        self._longest = max(self._longest, min(self._calm_before, _MOST_CALM))
        self._packets = max(_PACKETS, 2 * self._longest)
        self._calm = 0
        undone, self._undone = self._undone, None
        return undone or 0

    def _is_lone(self) -> bool:
        """Return whether one extra or missing clock is an exception among even ones."""
        return self._calm_before >= _REGULAR and not self._packets

    def _go_on(self, at_ns: int, expected: Expected) -> Count:
        """Count one more clock of a burst."""
        self._size += 1
        doubles = self._doubles
        if doubles.is_on:
            if self._size % 2:
                return Count(1, again=True, is_packet=True)
            doubles.left_out += not doubles.is_sure
            return Count(0)
        early_ns = expected.due_ns - at_ns
        if (self._packets or self._has_odd) and not expected.is_locked:
            return Count(1, again=True, is_packet=True)
        self._is_extra = self._size == 2 and self._calm >= _REGULAR and not self._packets
        is_early = early_ns > _EARLY * expected.period_ns + _SPREADS * expected.spread_ns
        if not is_early and not self._is_extra:
            return Count(1, self._see_packets(), again=True, is_packet=True)
        self._doubt += 1
        self._own_doubt += 1
        return Count(0)

    def _end_burst(self, interval: int, expected: Expected) -> int:
        """Close the burst; return what to add to the position."""
        shift = 0
        gap = self._gap
        if gap and gap.came:
            was_held_up = 2 * gap.came >= gap.made_up
            shift += gap.came - gap.made_up if was_held_up else gap.came
            self._gap = None
        if self._doubles.is_on:
            return shift + self._check_doubles()
        if self._own_doubt and self._size % 2 == 0:
            # Packets of two are two ticks apart, doubled clocks one.
            is_near = not expected.is_locked or interval < _USUAL * expected.period_ns
            self._doubled = self._doubled + 1 if is_near else 0
            if not is_near:
                return shift + self._take_doubt()
            if self._doubled > 1:
                is_sure = expected.is_locked
                self._doubles = _Doubles(True, is_sure, 0 if is_sure else self._doubt)
                self._doubt = self._doubled = 0
            return shift
        return shift + self._take_doubt()

    def _take_doubt(self) -> int:
        """Count the clocks in doubt, except a single extra one; return what to add to the
        position."""
        doubt, self._doubt, self._doubled = self._doubt, 0, 0
        if not doubt:
            return 0
        if doubt == 1 and self._is_extra:
            self._calm = 0
            self._undone = 1
            return 0
        return doubt + self._see_packets()

    def _check_doubles(self) -> int:
        """Check whether the last burst looks like doubled clocks; return what to add to the
        position."""
        doubles = self._doubles
        doubles.bursts += 1
        if doubles.bursts > _SURE:
            doubles.is_sure, doubles.left_out = True, 0
        was_ending, doubles.is_ending = doubles.is_ending, self._size == 1
        if was_ending and self._size == 1:
            self._doubles = _Doubles()
            return 0
        is_packet = (self._size % 2 and self._size > 1) or (was_ending and self._size > 1)
        if is_packet and not doubles.is_sure:
            self._doubles = _Doubles()
            return doubles.left_out + self._see_packets()
        return 0

    def _begin_burst(self, at_ns: int, interval: int, expected: Expected) -> Count:
        period = expected.period_ns
        gap, self._gap = self._gap, None
        usual = sum(self._usual) / len(self._usual) if self._usual else period
        is_long = interval > _USUAL * usual
        if not expected.is_locked:
            if is_long and len(self._usual) > 2:
                self._see_packets()
            self._usual.append(interval)
            return Count(1 if interval < BRIDGE_TICKS * period else -1)
        if gap and abs(interval / gap.interval_ns - 1) < _ALIKE:
            # Late twice by the same amount: the tempo fell, and nothing was lost.
            self._usual.clear()
            return Count(1, -gap.made_up, period_ns=interval)
        shift = 0
        if gap and gap.made_up == 1:
            self._undone = -1
        late_ns, is_lone = at_ns - expected.due_ns, self._is_lone()
        limit = max(_ON_TIME, _LOST - 2 * expected.spread_ns / period) if is_lone else _LATE
        if late_ns <= limit * period or not (is_long or is_lone):
            if is_long:  # and yet on time
                shift += self._see_packets()
            self._usual.append(interval)
            return Count(1 if interval < BRIDGE_TICKS * period else -1, shift)
        if interval > BRIDGE_TICKS * period:
            return Count(-1)
        away_ns = late_ns if is_lone else interval - usual
        lost = max(1, round(away_ns / period))
        if lost == 1 and (self._packets or self._undone is not None):  # an empty packet
            shift += self._see_packets()
            self._usual.append(interval)
            return Count(1, shift)
        self._gap = _Gap(lost, interval)
        return Count(lost + 1, shift)
