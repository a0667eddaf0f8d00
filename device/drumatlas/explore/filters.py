"""The filter that decides which beats may play.

A pattern passes if and only if the entropy of its 32 step codes is at least 0.9 nats and no
rotation of it is in the training set. The rule was recovered from the article's published samples
(30,000 decisions, no exception).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Code, rotation_hash

MIN_ENTROPY = 0.9  # nats; the maximum for 32 steps is ln 32 = 3.47
_LOG = np.log(np.maximum(np.arange(STEPS + 1), 1))  # ln of the number of occurrences, 1..32
ROUNDING = 1e-9  # absorbs rounding errors; the nearest reachable entropies are 1e-4 away


def entropy(codes: Sequence[Code] | NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return the Shannon entropy in nats of the step codes, rests included: [n, 32] -> [n].

    H = -sum over distinct codes of (m/32) ln(m/32), where a code occurs m times. Summed over steps
    instead of codes, this is ln 32 - mean(ln m).
    """
    array = np.asarray(codes, dtype=np.uint16).reshape(-1, STEPS)
    times = (array[:, :, None] == array[:, None, :]).sum(axis=2, dtype=np.uint8)  # [n, 32]
    result: NDArray[np.float64] = np.log(STEPS) - _LOG[times].mean(axis=1)
    return result


class BeatFilter:
    """The article's filter. `known` are the rotation hashes (64 bits) of the training beats."""

    def __init__(
        self, known: NDArray[np.uint64] | Sequence[int] = (), min_entropy: float = MIN_ENTROPY
    ) -> None:
        # Duplicates do no harm. (np.unique would load numpy.ma, which nothing else needs.)
        self._known = np.sort(np.asarray(known, dtype=np.uint64))
        self.min_entropy = min_entropy

    def is_known(self, code: Sequence[int] | NDArray[np.uint16]) -> bool:
        """Return whether `code` [32] or a rotation of it is a training beat."""
        value = np.uint64(rotation_hash(code))
        place = int(np.searchsorted(self._known, value))
        return place < len(self._known) and bool(self._known[place] == value)

    def lively(self, codes: Sequence[Code] | NDArray[np.uint16]) -> NDArray[np.bool_]:
        """Apply the entropy rule only: [n, 32] -> [n]."""
        return entropy(codes) >= self.min_entropy - ROUNDING

    def passes(
        self, codes: Sequence[Code] | NDArray[np.uint16], novelty: bool = True
    ) -> NDArray[np.bool_]:
        """Apply both rules: [n, 32] -> [n]. `novelty=False` lets training beats pass."""
        array = np.asarray(codes, dtype=np.uint16).reshape(-1, STEPS)
        result = self.lively(array)
        if novelty and len(self._known):
            for i in np.flatnonzero(result):
                result[i] = not self.is_known(array[i])
        return result
