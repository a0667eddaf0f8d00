"""Chance that is the same each time: what humanize and chaos draw from."""

import numpy as np

_TABLE = 1 << 12


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
