"""Log odds of probabilities."""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats

MIN_P = 1e-6  # probabilities are clipped to MIN_P..1 - MIN_P, since logits of 0 and 1 are infinite


def logit(p: Floats | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)) in double precision for probabilities 0..1 of any shape."""
    clipped = np.clip(p.astype(np.float64), MIN_P, 1 - MIN_P)
    result: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return result
