"""Tap tempo: the times of taps in, a tempo out. Pure.

The tempo is the median of the slopes between all pairs of the last beats (the Theil-Sen estimator;
P. K. Sen, 1968). It is as robust as the median gap, and far steadier with a finger's jitter, since
pairs that are far apart count as well.

A finger also misses beats and hits twice. So a tap about a whole number of beats after the last one
counts as that many, and a tap off the grid is ignored. But two gaps in a row that are alike and do
not fit the tempo are the new tempo. (Twice as fast takes three gaps: the second hit is on the beat,
as it would be after a single extra hit halfway.)
"""

from itertools import combinations, pairwise
from statistics import median

from drumatlas.play.timeline import MAX_TEMPO, MIN_TEMPO

PAUSE_NS = 2_000_000_000  # a longer gap starts a new count
BOUNCE_NS = 60_000_000  # a tap sooner than this is a bounce: no finger taps at 1000 BPM
BEATS = 9  # beats that count; enough for 2 % at 180 BPM with +-15 ms of jitter
NEAR = 0.3  # of a beat: how far off the beat a tap may be
ALIKE = 1.25  # longest to shortest gap of an even pace


class TapTempo:
    """Counts taps. Pass the time of each one to `tap`, in order."""

    def __init__(self) -> None:
        self._taps: list[int] = []  # the last three, without bounces
        self._beats: list[tuple[int, int]] = []  # taps that count: number of the beat, time

    def tap(self, now_ns: int) -> float | None:
        """Take a tap at `now_ns` (monotonic). Return the tempo in BPM, or None if the tap says
        nothing about it (the first of a count, a bounce, one off the grid).

        A tempo outside the transport's 20..300 BPM is halved or doubled until it fits: it is still
        in time with the taps.
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
        """Return the length of a beat (ns), once two are counted."""
        pairs = combinations(self._beats, 2)
        return median((b_ns - a_ns) / (b - a) for (a, a_ns), (b, b_ns) in pairs)

    def _count(self, now_ns: int) -> bool:
        """Return whether the newest tap says something about the tempo."""
        last, last_ns = self._beats[-1]
        beats = 1
        if len(self._beats) > 1:
            beat_ns = self._beat_ns()
            beats = round((now_ns - last_ns) / beat_ns)
            is_near = abs(now_ns - last_ns - beats * beat_ns) <= NEAR * beat_ns
            is_next = is_near and beats == 1
            if not is_next and self._is_even():
                self._beats = list(enumerate(self._taps))
                return True
            if not is_near or beats == 0:
                return False
        self._beats = [*self._beats, (last + beats, now_ns)][-BEATS:]
        return True

    def _is_even(self) -> bool:
        """Return whether the last taps are an even pace of their own."""
        gaps = [b - a for a, b in pairwise(self._taps)]
        return len(gaps) == 2 and max(gaps) <= ALIKE * min(gaps)
