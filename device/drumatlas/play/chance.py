"""Chance that is the same each time: what humanize and chaos draw from."""

from drumatlas.beat.dice import Dice

_TABLE = 1 << 12


class Chance:
    """Numbers -1..1 that only depend on the seed and on where in the music they are asked for.

    Drawn beforehand: the performing path looks them up.
    """

    def __init__(self, seed: int) -> None:
        self._table = Dice(seed).uniform(-1, 1, _TABLE)

    def at(self, *place: int) -> float:
        """The number of a place (cycle, step, voice, purpose)."""
        index = 0
        for part in place:
            index = (index * 31 + part * 7919 + 17) % 1_000_003
        return self._table[index % _TABLE]

    def pick(self, choices: int, cycle: int) -> int:
        """One of `choices` for a cycle."""
        return min(int((self.at(cycle, 101) + 1) / 2 * choices), choices - 1)
