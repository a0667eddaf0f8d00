"""Whether single clocks that are missing, or too many, on an even stream are the leader's. Pure.

A cable that loses or doubles a clock now and then does so at uneven distances. Packets that are
nearly as long as a tick do it evenly: with packets of 20 ms and ticks of 20.83 ms every 25th
packet brings no clock, although none was lost. So the distances tell. A cable that loses every
25th clock exactly looks the same, as long as its clocks come on time to half a millisecond.
"""

from collections import deque

_ENOUGH = 5  # of them at even distances: packets
_AGAIN = 3  # ... where there were packets before
_UNEVEN = 1  # distances that differ by more, in clocks, may be chance
_MANY, _LOOSE = 8, 0.12  # ... so many that differ by no more than this share are not
_STILL_NS = 580_000  # mean error of intervals; beyond, it is a cable that jitters


class LoneClocks:
    """Those of one kind; `sign` is -1 for missing ones and 1 for those that are too many.

    At first the position is that without them: a missing one is made up for, one too many is
    thrown away."""

    def __init__(self, sign: int) -> None:
        self.since = 0  # clocks since the last, or since the beginning
        self._sign = sign
        self._spans: deque[int] = deque(maxlen=64)  # before each of those that may be even
        self.is_even = False
        self._was_even = False
        self._scale = 1.0

    def add(self, jitter_ns: float) -> int:
        """There was one more. Returns what to add to the position."""
        span, self.since = self.since, 0
        if self.is_even:
            if abs(span - self._spans[-1]) <= max(_UNEVEN + 1, 2 * _LOOSE * span):
                self._spans.append(span)
                return self._sign
            self.is_even, self._was_even = False, True
            self._spans.clear()
        self._spans.append(span)
        if jitter_ns > _STILL_NS or not self._begins_to_be_even():
            return 0
        self.is_even = True
        mean = sum(list(self._spans)[1:]) / (len(self._spans) - 1)
        self._scale = mean / (mean + self._sign)
        return self._sign * len(self._spans)

    def _begins_to_be_even(self) -> bool:
        """Whether the last ones are even; then only these are kept."""
        enough = _AGAIN if self._was_even else _ENOUGH
        for least, slack in ((enough, 0.0), (_MANY, _LOOSE)):
            spans = list(self._spans)
            while len(spans) >= least and not self._fits(spans, slack):
                spans.pop(0)
            if len(spans) >= least:
                self._spans = deque(spans, maxlen=64)
                return True
        return False

    def _fits(self, spans: list[int], slack: float) -> bool:
        """Whether the distances are even; that before the first one may be less."""
        before, *rest = spans
        most, limit = max(rest), max(_UNEVEN, slack * max(rest))
        return (self._was_even or before <= most + limit) and most - min(rest) <= limit

    def take_scale(self) -> float:
        """By how much longer a tick is than was thought until now; once."""
        scale, self._scale = self._scale, 1.0
        return scale
