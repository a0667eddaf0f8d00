"""Repeatable random numbers for humanize and chaos."""

from drumatlas.beat.dice import Dice

_TABLE = 1 << 12


class Chance:
    """Random numbers -1..1 that depend only on the seed and on a place in the music.

    They are drawn when the object is made, so that the performing path only looks them up.
    """

    def __init__(self, seed: int) -> None:
        self._table = Dice(seed).uniform(-1, 1, _TABLE)

    def at(self, *place: int) -> float:
        """Return the number -1..1 of a place: integers such as (cycle, step, voice, purpose)."""
        index = 0
        for part in place:
            index = (index * 31 + part * 7919 + 17) % 1_000_003
        return self._table[index % _TABLE]

    def pick(self, choices: int, cycle: int) -> int:
        """Return an index 0..choices - 1, drawn for `cycle` (two bars)."""
        return min(int((self.at(cycle, 101) + 1) / 2 * choices), choices - 1)
