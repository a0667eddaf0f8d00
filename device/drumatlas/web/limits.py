"""How often something may happen. Pure."""


class Bucket:
    """A token bucket: `burst` at once, and `rate` a second in the long run. Time is in seconds,
    any clock's that never runs back."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left = burst
        self._at: float | None = None

    def take(self, now: float, count: float = 1) -> bool:
        """Return whether `count` more may happen at `now`; count them if so."""
        self._fill(now)
        if self._left < count:
            return False
        self._left -= count
        return True

    def used(self, now: float) -> float:
        """Return how much of the burst is taken at `now`."""
        self._fill(now)
        return self._burst - self._left

    def give(self, count: float) -> None:
        """Give `count` back, as if it had not happened."""
        self._left = min(self._left + count, self._burst)

    def _fill(self, now: float) -> None:
        since = 0.0 if self._at is None else max(now - self._at, 0.0)
        self._at = now
        self._left = min(self._left + since * self._rate, self._burst)


class Once:
    """Lets each kind of line through once an hour: what comes in floods is logged once."""

    def __init__(self, every: float = 3600.0) -> None:
        self._every = every
        self._said: dict[str, float] = {}

    def lets(self, kind: str, now: float) -> bool:
        """Whether a line of this kind may be said at `now` (seconds)."""
        if kind in self._said and now - self._said[kind] < self._every:
            return False
        self._said[kind] = now
        return True
