"""Random numbers that depend only on a seed, and stay the same in later versions.

They are the stream of NumPy's RandomState, which is frozen (the Mersenne Twister, seeded by its
authors' `init_genrand`, Matsumoto & Nishimura 1998), without importing numpy.random, which takes 7
MB.
"""

from math import log, sqrt
from random import Random

_SIZE = 624  # words of the twister's state


class Dice:
    """The random numbers of one seed (any integer)."""

    def __init__(self, seed: int) -> None:
        words = [seed % 2**32]
        for i in range(1, _SIZE):
            words.append((1812433253 * (words[-1] ^ words[-1] >> 30) + i) % 2**32)
        self._random = Random()
        self._random.setstate((3, (*words, _SIZE), None))
        self._kept: float | None = None

    def uniform(self, low: float, high: float, n: int) -> list[float]:
        """Return n numbers, evenly distributed in low..high."""
        return [low + (high - low) * self._random.random() for _ in range(n)]

    def normal(self, n: int) -> list[float]:
        """Return n numbers, normally distributed with mean 0 and standard deviation 1."""
        return [self._normal() for _ in range(n)]

    def _normal(self) -> float:
        """Return one number, by Marsaglia's polar method, which gives two at a time."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        square = 0.0
        while square >= 1.0 or square == 0.0:
            x, y = 2 * self._random.random() - 1, 2 * self._random.random() - 1
            square = x * x + y * y
        scale = sqrt(-2 * log(square) / square)
        self._kept = scale * x
        return scale * y
