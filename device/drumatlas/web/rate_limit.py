"""Rate limits. Pure."""


class Bucket:
    """A token bucket: `burst` at once, and `rate` a second in the long run. Times are in seconds,
    of any clock that never runs backwards."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left = burst
        self._at: float | None = None

    def take(self, now: float, count: float = 1) -> bool:
        """Return whether `count` more are allowed at `now` (s); count them if so."""
        self._fill(now)
        if self._left < count:
            return False
        self._left -= count
        return True

    def used(self, now: float) -> float:
        """Return how much of the burst is used at `now` (s)."""
        self._fill(now)
        return self._burst - self._left

    def give(self, count: float) -> None:
        """Take back `count`, as if it had not happened."""
        self._left = min(self._left + count, self._burst)

    def _fill(self, now: float) -> None:
        since = 0.0 if self._at is None else max(now - self._at, 0.0)
        self._at = now
        self._left = min(self._left + since * self._rate, self._burst)


class Once:
    """Lets each kind of line through once in `every` seconds, so that a flood is logged once."""

    def __init__(self, every: float = 3600.0) -> None:
        self._every = every
        self._said: dict[str, float] = {}

    def lets(self, kind: str, now: float) -> bool:
        """Return whether a line of this kind may be logged at `now` (s); note it if so."""
        if kind in self._said and now - self._said[kind] < self._every:
            return False
        self._said[kind] = now
        return True
