"""A delay-locked loop on incoming MIDI clocks: predicts the next clock and the tempo. Pure.

It is an alpha-beta filter on arrival times. Its gains begin as those of a straight line fitted to
all clocks so far and shrink to those of a time constant of a fifth of a beat. So it locks within a
beat and then smooths. Where clocks arrive in packets, the gains shrink further: the longer the
packets, the smaller the gains. After F. Adriaensen, "Using a DLL to filter time" (2005), and the
growing-memory form in E. Brookner, "Tracking and Kalman Filtering Made Easy" (1998), ch. 1.
"""

from collections import deque
from dataclasses import dataclass, fields
from operator import attrgetter

from drumatlas.play.timeline import ns_per_tick

_MEMORY = 18  # updates; the gains of a line through so many are alpha 0.2, beta 0.02
_MOST_MEMORY = 240
_CALM = 0.06  # roughness in intervals, up to which _MEMORY is enough
_GROWTH = 1.7  # exponent by which the memory grows with the roughness beyond
_WINDOWS = (8, 64)  # updates; their mean interval separates a new tempo from jitter
_NEW_TEMPO = 0.05  # relative; above this the filter restarts
_WIDE = 5.0  # mean errors by which the two ends of a window may differ
_PACKET = 1.3  # intervals by which they may differ where clocks arrive in packets
LOCKED_AFTER = 12  # updates since the start
# A clock whose error exceeds the usual one by this factor was delayed on its way: the error is
# limited to that. If the leader really moved, such errors soon become the usual ones.
_OUTLIER = 3
_TRUSTED_NS = 1_000_000.0  # an error up to this is never an outlier
_SPREAD_SHARE = 0.1  # weight of the newest error in the running means
_FADING = 0.005  # share by which the roughness fades at each update
_PACKETS = 500  # updates for which packets are expected once seen
_LEAST_NS, _MOST_NS = ns_per_tick(400), ns_per_tick(15)


@dataclass(slots=True)
class _Line:
    """The state that an update changes."""

    period_ns: float
    next_ns: float = 0.0
    count: int = 0  # updates since it began
    memory: int = 0  # updates that the gains correspond to
    spread_ns: float = 0.0  # the usual size of an error
    bias_ns: float = 0.0  # recent mean error (ns): that of a moving tempo
    rough_ns: float = 0.0  # largest mean deviation from it (ns); fades
    step: float = 1.0  # the usual number of periods per update
    packets: int = 0  # updates for which packets are still expected


_values = attrgetter(*(one.name for one in fields(_Line)))


@dataclass(frozen=True, slots=True)
class _Mark:
    """An update: the number and arrival (monotonic ns) of its clock, and the noise then, in
    intervals."""

    tick: int
    at_ns: int
    noise: float


class ClockFilter:
    """Filters clock arrivals. Feed it each one; times are monotonic ns."""

    def __init__(self, period_ns: float) -> None:
        self._line = _Line(period_ns)
        self._before: tuple[_Line, int] | None = None  # the last update; and its periods
        self._tick = 0
        self._marks: deque[_Mark] = deque(maxlen=max(_WINDOWS) + 1)

    @property
    def period_ns(self) -> float:
        """The length of a tick, ns."""
        return self._line.period_ns

    @property
    def is_locked(self) -> bool:
        """Whether tempo and phase can be trusted."""
        return self._line.count >= LOCKED_AFTER

    @property
    def due_ns(self) -> float:
        """When the next clock is due, monotonic ns."""
        return self._line.next_ns

    @property
    def spread_ns(self) -> float:
        """The mean error of clocks, ns."""
        return self._line.spread_ns

    def restart(self, at_ns: int, period_ns: float | None = None, count: int = 1) -> int:
        """Begin again with the clock at `at_ns`, with the confidence of `count` clocks; return
        `at_ns`."""
        line = self._line
        line.period_ns = _bounded(line.period_ns if period_ns is None else period_ns)
        line.count = line.memory = count
        line.next_ns = at_ns + line.period_ns
        self._before = None
        self._marks.clear()
        self._mark(at_ns)
        return at_ns

    def expect_packets(self) -> None:
        """Expect clocks in packets, so that a few of them say little about the tempo."""
        self._line.packets = _PACKETS

    def rescale(self, scale: float) -> None:
        """Make a tick longer by the factor `scale`, as many packets have shown."""
        self._line.memory = _MOST_MEMORY // 2
        self._line.packets = _PACKETS
        self._line.period_ns = _bounded(self._line.period_ns * scale)

    def shift(self, ticks: int, due_ns: float) -> None:
        """Move the position by `ticks`, and expect the next clock at `due_ns`."""
        self._line.next_ns = due_ns
        self._tick += ticks
        self._before = None
        self._marks.clear()

    def update(self, at_ns: int, periods: int = 1, *, again: bool = False) -> int:
        """Take a clock that arrives `periods` after the last one (above 1: some were lost). Return
        when it should have arrived: its time without jitter, monotonic ns.

        With `again` it arrived in one packet with the last clock, and replaces it: the last clock
        of a packet is the one that waited least.
        """
        line = self._line
        if line.count == 0:
            return self.restart(at_ns)
        if again and self._before:
            self._line, before = self._before
            line = self._line
            periods += before
            self._tick -= before
            self._marks.pop()
        self._before = (_Line(*_values(line)), periods)  # a copy, much faster than `replace`
        self._tick += periods
        if line.count == 1:  # the first interval is all that is known
            interval_ns = at_ns - line.next_ns + line.period_ns
            line.period_ns = _bounded(interval_ns / periods)
            line.count = line.memory = 2
            line.next_ns = at_ns + line.period_ns
            self._mark(at_ns)
            return at_ns
        smooth_ns = self._correct(at_ns, periods)
        self._mark(at_ns)
        self._look_for_new_tempo(at_ns)
        return smooth_ns

    def _correct(self, at_ns: int, periods: int) -> int:
        line = self._line
        due_ns = line.next_ns + (periods - 1) * line.period_ns
        n = line.memory
        alpha = 2 * (2 * n + 1) / ((n + 1) * (n + 2))
        beta = 6 / ((n + 1) * (n + 2))
        error = self._believed(at_ns - due_ns)
        line.count += 1
        line.packets = max(line.packets - 1, 0)
        line.memory = min(n + 1, self._wanted_memory())
        line.step += _SPREAD_SHARE * (periods - line.step)
        line.period_ns = _bounded(line.period_ns + beta * error / periods)
        smooth_ns = due_ns + alpha * error
        line.next_ns = smooth_ns + line.period_ns
        return round(smooth_ns)

    def _noise(self) -> float:
        """Return the mean error in intervals between updates."""
        return self._line.spread_ns / (self._line.step * self._line.period_ns)

    def _wanted_memory(self) -> int:
        line = self._line
        if line.packets:
            return _MOST_MEMORY
        rough = line.rough_ns / (line.step * line.period_ns)
        excess: float = max(1.0, rough / _CALM) ** _GROWTH
        return round(min(_MEMORY * excess, _MOST_MEMORY))

    def _believed(self, error_ns: float) -> float:
        """Return how much of a clock's error (ns) to attribute to the leader (after Huber's
        M-estimator)."""
        line = self._line
        limit_ns = max(_TRUSTED_NS, _OUTLIER * line.spread_ns)
        line.spread_ns += _SPREAD_SHARE * (abs(error_ns) - line.spread_ns)
        apart_ns = abs(error_ns - line.bias_ns)
        line.bias_ns += _SPREAD_SHARE * (error_ns - line.bias_ns)
        line.rough_ns += max(_SPREAD_SHARE * (apart_ns - line.rough_ns), -_FADING * line.rough_ns)
        if not self.is_locked:
            return error_ns
        return min(max(error_ns, -limit_ns), limit_ns)

    def _mark(self, at_ns: int) -> None:
        self._marks.append(_Mark(self._tick, at_ns, self._noise()))

    def _look_for_new_tempo(self, at_ns: int) -> None:
        """Restart with the mean of the last intervals, if that is a new tempo."""
        for window in _WINDOWS:
            if len(self._marks) <= window:
                return
            first, middle, last = (self._marks[i] for i in (-1 - window, -1 - window // 2, -1))
            apart = _PACKET if self._line.packets else _WIDE * first.noise
            least = max(_NEW_TEMPO, apart / window)
            # One late clock lengthens one half of the window, a new tempo both.
            halves = [self._deviation(first, middle), self._deviation(middle, last)]
            if min(halves) > least or max(halves) < -least:
                line = self._line
                mean_ns = line.period_ns * (1 + halves[1])
                line.spread_ns = line.rough_ns = first.noise * line.step * mean_ns
                line.bias_ns = 0.0
                self.restart(at_ns, mean_ns, min(_WINDOWS) // 2)  # half a window shows it
                return

    def _deviation(self, first: _Mark, last: _Mark) -> float:
        """Return by how much the mean interval between two updates exceeds the filter's,
        relative."""
        ticks = max(last.tick - first.tick, 1)
        return (last.at_ns - first.at_ns) / ticks / self.period_ns - 1


def _bounded(period_ns: float) -> float:
    return min(max(period_ns, _LEAST_NS), _MOST_NS)
