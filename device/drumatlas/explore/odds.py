"""Log odds of probabilities."""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats

NEVER = 1e-6  # probabilities and thresholds keep this far from 0 and 1, where logits end


def logit(p: Floats | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)) of probabilities 0..1 of any shape, in double precision."""
    clipped = np.clip(p.astype(np.float64), NEVER, 1 - NEVER)
    result: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return result
