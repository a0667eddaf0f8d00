"""Wander: an endless path around a place, with one stop per bar."""

import numpy as np

from drumatlas.atlas.model import Floats
from drumatlas.beat.dice import Dice

STOP_NS = 2_000_000_000  # between two stops while the transport is stopped: a bar at 120 BPM
REACH = 0.3  # share of a knob's range, to each side
BARS = np.array([19.0, 23.0, 31.0, 43.0])  # period of each knob; primes, so the path repeats late


def phases(seed: int) -> list[float]:
    """Return the phase of each knob's path [4] at its home, 0..2 pi."""
    return Dice(seed).uniform(0, 2 * np.pi, 4)


class Wander:
    """A path that starts at `home` (knobs [4]). It depends on `home` and `seed` only."""

    def __init__(self, home: Floats, seed: int) -> None:
        self._home = home.astype(np.float64)
        # The path stays within 0..1, extended to `home` if that lies outside.
        self._low, self._high = np.minimum(self._home, 0.0), np.maximum(self._home, 1.0)
        self._phase = np.array(phases(seed))
        self._stop = 0
        self._when: tuple[str, int] | None = None  # the current bar, or interval of STOP_NS

    def advance(self, now_ns: int, bar: int | None) -> bool:
        """Go to the next stop if a new bar has begun since the last call; return whether it has.

        `bar` counts bars, and is None while the transport is stopped; then every STOP_NS counts as
        a bar.
        """
        when = ("bar", bar) if bar is not None else ("time", now_ns // STOP_NS)
        before, self._when = self._when, when
        # Starting or stopping the transport does not count as a new bar.
        is_new = before is not None and before[0] == when[0] and before != when
        self._stop += is_new
        return is_new

    def knobs(self) -> Floats:
        """Return the knobs [4] at the current stop."""
        swing = np.sin(2 * np.pi * self._stop / BARS + self._phase) - np.sin(self._phase)
        span = self._high - self._low
        offset = np.mod(self._home + REACH * swing - self._low, 2 * span)
        folded: Floats = (self._low + span - np.abs(span - offset)).astype(np.float32)
        return folded
