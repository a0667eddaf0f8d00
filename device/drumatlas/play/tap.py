"""Tap tempo: the times of taps in, a tempo out. Pure.

The tempo is the median of the slopes between all pairs of the last beats (the Theil-Sen
estimator; P. K. Sen, 1968): as robust as the median gap, and far steadier under a finger's jitter,
since pairs that lie far apart count, too.

A finger also misses, and hits twice. So a tap about a whole number of beats behind the last
one counts as that many, and one that is off the grid is left out. But two gaps in a row that
are alike and not the tempo's are the new tempo. (Twice as fast takes three: the second hit is on
the beat, as it would be after a single extra hit half way.)
"""

from itertools import combinations, pairwise
from statistics import median

from drumatlas.play.transport import MAX_TEMPO, MIN_TEMPO

PAUSE_NS = 2_000_000_000  # a longer gap begins a new count
BOUNCE_NS = 60_000_000  # a tap sooner than this is the same one: 1000 BPM, no finger taps that
_BEATS = 9  # that count: enough for 2 % at 180 BPM and +-15 ms of jitter
_NEAR = 0.3  # of a beat, by which a tap may miss it
_ALIKE = 1.25  # longest to shortest of gaps that are one pace


class TapTempo:
    """Counts taps. Give each one's time to `tap`, in order."""

    def __init__(self) -> None:
        self._taps: list[int] = []  # the last three, but for bounces
        self._beats: list[tuple[int, int]] = []  # taps that count: number of the beat, time

    def tap(self, now_ns: int) -> float | None:
        """A tap at `now_ns` (monotonic): the tempo in BPM, or None if it tells nothing (the
        first of a count, a bounce, an odd one out).

        Outside the transport's 20..300 BPM it is halved or doubled until it fits: still in time
        with the taps.
        """
        gap_ns = now_ns - self._taps[-1] if self._taps else PAUSE_NS + 1
        if gap_ns < BOUNCE_NS:
            return None
        if gap_ns > PAUSE_NS:
            self._taps, self._beats = [now_ns], [(0, now_ns)]
            return None
        self._taps = [*self._taps, now_ns][-3:]
        if not self._count(now_ns):
            return None
        bpm = 60e9 / self._beat_ns()
        while bpm > MAX_TEMPO:
            bpm /= 2
        while bpm < MIN_TEMPO:
            bpm *= 2
        return bpm

    def _beat_ns(self) -> float:
        """How far beats lie apart; two have been counted."""
        pairs = combinations(self._beats, 2)
        return median((b_ns - a_ns) / (b - a) for (a, a_ns), (b, b_ns) in pairs)

    def _count(self, now_ns: int) -> bool:
        """Whether the newest tap tells something of the tempo."""
        last, last_ns = self._beats[-1]
        beats = 1
        if len(self._beats) > 1:
            beat_ns = self._beat_ns()
            beats = round((now_ns - last_ns) / beat_ns)
            is_near = abs(now_ns - last_ns - beats * beat_ns) <= _NEAR * beat_ns
            is_next = is_near and beats == 1
            if not is_next and self._is_even():
                self._beats = list(enumerate(self._taps))
                return True
            if not is_near or beats == 0:
                return False
        self._beats = [*self._beats, (last + beats, now_ns)][-_BEATS:]
        return True

    def _is_even(self) -> bool:
        """Whether the last taps are a pace of their own."""
        gaps = [b - a for a, b in pairwise(self._taps)]
        return len(gaps) == 2 and max(gaps) <= _ALIKE * min(gaps)
