"""What may play: the article's filter, and the test for being a training beat.

A pattern passes iff the entropy of its 32 step codes is at least 0.9 nats and no
rotation of it is in the training set. Recovered from the article's published samples
(30,000 decisions, no exception).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Code, rotation_hash

MIN_ENTROPY = 0.9  # nats; ln 32 = 3.47 is the most a 32-step pattern can have
_LOG = np.log(np.maximum(np.arange(STEPS + 1), 1))  # of how often a code occurs, 1..32
_ROUNDING = 1e-9  # float noise; the nearest reachable entropies are 1e-4 away


def entropy(codes: Sequence[Code] | NDArray[np.uint16]) -> NDArray[np.float64]:
    """Shannon entropy in nats of the step codes, rests included: [n, 32] -> [n].

    H = -sum over distinct codes of (m/32) ln(m/32), which summed over steps instead is
    ln 32 - mean(ln m), m being how often that step's code occurs.
    """
    array = np.asarray(codes, dtype=np.uint16).reshape(-1, STEPS)
    times = (array[:, :, None] == array[:, None, :]).sum(axis=2, dtype=np.uint8)  # [n, 32]
    result: NDArray[np.float64] = np.log(STEPS) - _LOG[times].mean(axis=1)
    return result


class BeatFilter:
    """The article's filter over a set of barred rotation classes (64-bit hashes)."""

    def __init__(
        self, known: NDArray[np.uint64] | Sequence[int] = (), min_entropy: float = MIN_ENTROPY
    ) -> None:
        # Equal ones may stay. (np.unique would load numpy.ma, which nothing here needs.)
        self._known = np.sort(np.asarray(known, dtype=np.uint64))
        self.min_entropy = min_entropy

    def is_known(self, code: Sequence[int] | NDArray[np.uint16]) -> bool:
        """Whether some rotation of `code` is a barred beat."""
        value = np.uint64(rotation_hash(code))
        place = int(np.searchsorted(self._known, value))
        return place < len(self._known) and bool(self._known[place] == value)

    def lively(self, codes: Sequence[Code] | NDArray[np.uint16]) -> NDArray[np.bool_]:
        """The entropy rule alone: [n, 32] -> [n]."""
        return entropy(codes) >= self.min_entropy - _ROUNDING

    def passes(
        self, codes: Sequence[Code] | NDArray[np.uint16], novelty: bool = True
    ) -> NDArray[np.bool_]:
        """Both rules: [n, 32] -> [n]. `novelty=False` lets training beats through."""
        array = np.asarray(codes, dtype=np.uint16).reshape(-1, STEPS)
        result = self.lively(array)
        if novelty and len(self._known):
            for i in np.flatnonzero(result):
                result[i] = not self.is_known(array[i])
        return result
