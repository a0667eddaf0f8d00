"""Swing and humanize: what moves notes, and never the clock."""

from dataclasses import dataclass

import numpy as np

SWING_MOST = 0.5  # of a 16th, by which the off 16ths are late at full swing (75 % in MPC terms)
HUMANIZE_NS = 12_000_000  # largest shift to each side at full humanize
HUMANIZE_VELOCITY = 24  # the same for velocity
_TABLE = 1 << 12


@dataclass(frozen=True, slots=True)
class Feel:
    """`swing` and `humanize`, 0..1 each."""

    swing: float = 0.0
    humanize: float = 0.0


class Chance:
    """Numbers -1..1 that only depend on the seed and on where in the music they are asked for.

    Drawn beforehand: the performing path looks them up.
    """

    def __init__(self, seed: int) -> None:
        # RandomState's streams are frozen for good, so a seed sounds the same in ten years.
        self._table = np.random.RandomState(seed % 2**32).uniform(-1, 1, _TABLE).tolist()

    def at(self, *place: int) -> float:
        """The number of a place (cycle, step, voice, purpose)."""
        index = 0
        for part in place:
            index = (index * 31 + part * 7919 + 17) % 1_000_003
        value: float = self._table[index % _TABLE]
        return value

    def pick(self, choices: int, cycle: int) -> int:
        """One of `choices` for a cycle."""
        return min(int((self.at(cycle, 101) + 1) / 2 * choices), choices - 1)
