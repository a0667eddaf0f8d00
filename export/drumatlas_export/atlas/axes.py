"""The names of the knobs: what each one measurably does to the beats, and how closely.

At fresh points of the space, the position of each knob is compared with the features of the decoded
beats. Each knob gets the name of one feature, so that the knobs and their features correlate as
closely as possible in sum.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from drumatlas.atlas.model import LatentSpace
from drumatlas_export.atlas.basis import KNOB_REACH
from drumatlas_export.atlas.features import FEATURES
from drumatlas_export.space import Space

_POINTS = 4000
_STREAM = 7  # of the seed's random numbers; the basis is fitted with others
_FLAT = 1e-9  # deviation of a column that varies by rounding alone


def named_latent(space: Space, basis: NDArray[np.float32], seed: int) -> LatentSpace:
    """Return the latent space of `space` with the knobs of `basis` [4, 4], their names, and the
    correlation, 0..1, of each knob's position with the feature that names it.

    No two knobs have the same name. A knob that lowers its feature is reversed, so that turning it
    up raises the feature. The points are drawn like those that the basis was fitted to (see
    `basis.knob_basis`), but with other random numbers.
    """
    normal = np.random.default_rng([seed, _STREAM]).standard_normal((_POINTS, len(basis)))
    knobs = normal / KNOB_REACH  # -1..1 for most
    beats = space.hits((space.centre + knobs @ basis.T).astype(np.float32)).astype(np.float32)
    values = np.stack([feature(beats) for feature in FEATURES.values()], axis=1)
    linked = correlations(knobs, values.astype(np.float64))
    _, chosen = linear_sum_assignment(np.abs(linked), maximize=True)
    own = linked[np.arange(len(basis)), chosen]
    names = list(FEATURES)
    return LatentSpace(
        space.centre,
        space.reach,
        (basis * np.where(own < 0, -1, 1)).astype(np.float32),
        tuple(names[i] for i in chosen),
        tuple(np.abs(own).round(4).tolist()),
    )


def correlations(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's correlation, -1..1, of each column of x [n, a] with each of y [n, b].

    The result [a, b] is 0 for a column that does not vary.
    """
    a, b = (_standard(columns) for columns in (x, y))
    result: NDArray[np.float64] = np.clip(a.T @ b / len(x), -1, 1)
    return result


def _standard(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = columns - columns.mean(axis=0)
    width = centred.std(axis=0)
    result: NDArray[np.float64] = centred / np.where(width > _FLAT, width, np.inf)
    return result
