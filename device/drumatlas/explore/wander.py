"""Wandering: an endless path around a place, one stop a bar."""

import numpy as np

from drumatlas.atlas.model import Floats
from drumatlas.beat.dice import Dice

STOP_NS = 2_000_000_000  # between two stops while nothing plays: a bar at 120 BPM
_REACH = 0.3  # of a knob's way, to each side
_BARS = np.array([19.0, 23.0, 31.0, 43.0])  # a knob's period; primes, so it is long until it closes


class Wander:
    """Where a path that begins at `home` (knobs [4]) is at each of its stops. It depends on home
    and seed only."""

    def __init__(self, home: Floats, seed: int) -> None:
        self._home = home.astype(np.float64)
        # Never out of the panel, but a home outside of it is left in peace.
        self._low, self._high = np.minimum(self._home, 0.0), np.maximum(self._home, 1.0)
        self._phase = np.array(Dice(seed).uniform(0, 2 * np.pi, 4))
        self._stop = 0
        self._when: tuple[str, int] | None = None  # the bar, or the piece of time, we are in

    def is_due(self, now_ns: int, bar: int | None) -> bool:
        """Whether a new bar has begun since it was last asked (`bar` counts them; None while
        nothing plays). Then the path is one stop further."""
        when = ("bar", bar) if bar is not None else ("time", now_ns // STOP_NS)
        before, self._when = self._when, when
        # Starting and stopping are no new bar by themselves.
        is_due = before is not None and before[0] == when[0] and before != when
        self._stop += is_due
        return is_due

    def knobs(self) -> Floats:
        """Knobs [4] of the present stop."""
        swing = np.sin(2 * np.pi * self._stop / _BARS + self._phase) - np.sin(self._phase)
        span = self._high - self._low
        way = np.mod(self._home + _REACH * swing - self._low, 2 * span)
        folded: Floats = (self._low + span - np.abs(span - way)).astype(np.float32)
        return folded
