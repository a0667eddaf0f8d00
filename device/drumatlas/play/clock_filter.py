"""A delay-locked loop on incoming MIDI clocks: when the next one is due, and the tempo.

An alpha-beta filter on arrival times. It begins with the gains of a straight line fitted to all
clocks so far, which shrink to those of a time constant of a fifth of a beat; so it locks
within a beat and then smooths. After F. Adriaensen, "Using a DLL to filter time" (2005), and
the growing-memory form in E. Brookner, "Tracking and Kalman Filtering Made Easy" (1998), ch. 1.
"""

from collections import deque

ALPHA = 0.2  # share of a phase error that is taken over at each clock, once locked
BETA = ALPHA * ALPHA / (2 - ALPHA)  # the same for the period; critically damped
_RECENT = 8  # clocks whose mean interval tells a new tempo from jitter
_NEW_TEMPO = 0.05  # relative; above, the filter begins anew
LOCKED_AFTER = 12  # clocks since it began
# A clock that is further off than the usual ones by this factor was held up on its way, and only
# so much of it is believed; a leader that really moved is followed as its clocks become the usual.
_OUTLIER = 3
_TRUSTED_NS = 1_000_000.0  # as far off as this is never an outlier
_SPREAD_SHARE = 0.1  # of a clock's error in what is usual


class ClockFilter:
    """Feed it each clock's arrival; times are monotonic ns."""

    def __init__(self, period_ns: float) -> None:
        self.period_ns = period_ns
        self._next_ns = 0.0
        self._count = 0
        self._spread_ns = 0.0  # the usual size of an error
        self._recent: deque[int] = deque(maxlen=_RECENT + 1)

    @property
    def is_locked(self) -> bool:
        """Whether tempo and phase can be trusted."""
        return self._count >= LOCKED_AFTER

    @property
    def due_ns(self) -> float:
        """When the next clock should come."""
        return self._next_ns

    def restart(self, at_ns: int, period_ns: float | None = None) -> int:
        """Begin anew with this clock."""
        self.period_ns = self.period_ns if period_ns is None else period_ns
        self._count = 1
        self._recent.clear()
        self._recent.append(at_ns)
        self._next_ns = at_ns + self.period_ns
        return at_ns

    def update(self, at_ns: int, periods: int = 1) -> int:
        """Take a clock that comes `periods` after the last one (above 1: some were lost).
        Returns when it should have come: its time without jitter."""
        if self._count == 0:
            return self.restart(at_ns)
        if periods > 1:
            self._recent.clear()
        self._recent.append(at_ns)
        due_ns = self._next_ns + (periods - 1) * self.period_ns
        if self._count == 1:  # the first interval is all there is to know
            self.period_ns = (at_ns - due_ns + periods * self.period_ns) / periods
            self._count, self._next_ns = 2, at_ns + self.period_ns
            return at_ns
        n = self._count
        alpha = max(ALPHA, 2 * (2 * n + 1) / ((n + 1) * (n + 2)))
        beta = max(BETA, 6 / ((n + 1) * (n + 2)))
        error = self._believed(at_ns - due_ns)
        self._count += 1
        self.period_ns += beta * error / periods
        smooth_ns = due_ns + alpha * error
        self._next_ns = smooth_ns + self.period_ns
        tempo = self._new_tempo()
        if tempo is not None:
            self.restart(at_ns, tempo)
            self._count = _RECENT  # as sure as the clocks that told
        return round(smooth_ns)

    def _believed(self, error_ns: float) -> float:
        """How much of a clock's error to take for the leader's (after Huber's M-estimator)."""
        limit_ns = max(_TRUSTED_NS, _OUTLIER * self._spread_ns)
        self._spread_ns += _SPREAD_SHARE * (abs(error_ns) - self._spread_ns)
        if not self.is_locked:
            return error_ns
        return min(max(error_ns, -limit_ns), limit_ns)

    def _new_tempo(self) -> float | None:
        """The mean of the last intervals, if that is another tempo than the filter's."""
        if len(self._recent) <= _RECENT:
            return None
        mean = (self._recent[-1] - self._recent[0]) / _RECENT
        return mean if abs(mean / self.period_ns - 1) > _NEW_TEMPO else None
