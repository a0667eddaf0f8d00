"""How long a thread with real-time priority rests. Pure.

The kernel lets real-time threads use 95 % of a core's second (sched_rt_runtime_us) and then stops
all of them, including the performer, for the rest of it. So every thread with real-time priority
rests before that. The slow loop rests for a quarter of its working time; the page gets the
remainder.
"""

TOGETHER = 0.75  # of a core: while the whole process uses more, the page waits
ALWAYS = 0.05  # of a core, which the page gets in any case
BURST_NS = 20_000_000  # of processor time, without a rest
MOST_NS = 500_000_000  # of one rest


class Rest:
    """Counts processor time as two debts that time pays off: that of the process at TOGETHER of a
    core, and that of the thread at ALWAYS. A rest lasts until one of them is paid."""

    def __init__(self) -> None:
        self._last: tuple[int, int, int] | None = None
        self._all = self._own = float(-BURST_NS)

    def due_ns(self, now_ns: int, own_ns: int, all_ns: int) -> int:
        """Return how long to rest (ns) at `now_ns` (monotonic), when the thread has used `own_ns`
        and its whole process `all_ns` of processor time so far."""
        now = now_ns, own_ns, all_ns
        before, self._last = self._last or now, now
        wall, own, together = (max(a - b, 0) for a, b in zip(now, before, strict=True))
        self._all = max(self._all + together - TOGETHER * wall, -BURST_NS)
        self._own = max(self._own + own - ALWAYS * wall, -BURST_NS)
        return min(max(round(min(self._all / TOGETHER, self._own / ALWAYS)), 0), MOST_NS)
