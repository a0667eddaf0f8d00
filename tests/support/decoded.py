"""What a decoder gives, made up."""

import numpy as np
from numpy.typing import NDArray


def probabilities(seed: int) -> NDArray[np.float32]:
    """Return one beat's probabilities [32, 14]: many near 0, some near 1."""
    return np.random.default_rng(seed).beta(0.15, 0.6, (32, 14)).astype(np.float32)
