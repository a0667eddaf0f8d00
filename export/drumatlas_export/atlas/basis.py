"""The knob basis: four axes in latent space that mean something to a musician.

In whitened latent space (unit covariance) each feature of the decoded beats has a direction in
which it grows fastest (least squares). Each knob takes one of these directions, made orthogonal to
those of the knobs before it (Gram-Schmidt), so that turning a knob does not change the features of
the others. A knob's ends lie `KNOB_REACH` standard deviations from the middle. The fit asks the
probabilities, which vary smoothly; what a knob then does to the hits is measured, and names it
(`axes.py`).
"""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from drumatlas.errors import BeatError
from drumatlas_export.atlas.features import FEATURES
from drumatlas_export.space import Space

KNOB_REACH = 2.0  # standard deviations, which hold 95 % of the points along an axis
FITTED = ("density", "syncopation", "closed hats", "drums and hands")  # what a listener hears first
_POINTS = 4000


def knob_basis(
    space: Space, z: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return (basis [4, 4], the feature of each knob): z = centre + basis @ u for knobs u [4] in
    -1..1.

    `z` [n, 4] holds the encodings of all the model's beats, including held-out ones. Of all orders
    of the FITTED features, the one whose knobs explain their features best is chosen. BeatError if
    there are too few beats, or if they lie on a line.
    """
    if len(z) <= len(space.centre):
        raise BeatError(f"{len(z)} beats are too few to fit the knobs", "give more with --beats")
    covariance = np.cov(z.astype(np.float64).T)
    try:
        scale = np.linalg.cholesky(covariance)  # from whitened to latent space
    except np.linalg.LinAlgError:
        raise BeatError(
            "the beats lie on a line in latent space", "give others with --beats"
        ) from None
    whitened = np.random.default_rng(seed).standard_normal((_POINTS, len(covariance)))
    p = space.decode((space.centre + whitened @ scale.T).astype(np.float32))
    directions = {}
    for name in FITTED:
        values = FEATURES[name](p).astype(np.float64)
        standard = (values - values.mean()) / (values.std() + 1e-9)
        directions[name] = np.linalg.lstsq(whitened, standard, rcond=None)[0]
    order = max(permutations(directions), key=lambda names: _explained(directions, names))
    rotation = _orthonormal(directions, order)
    return (scale @ rotation * KNOB_REACH).astype(np.float32), tuple(order)


def _orthonormal(
    directions: dict[str, NDArray[np.float64]], order: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return the directions in `order` as columns of length 1, each orthogonal to those before."""
    q, r = np.linalg.qr(np.stack([directions[name] for name in order], axis=1))
    # Not np.sign, which is 0 for a feature that never varies: its knob would do nothing.
    result: NDArray[np.float64] = q * np.where(np.diag(r) < 0, -1, 1)
    return result


def _explained(directions: dict[str, NDArray[np.float64]], order: tuple[str, ...]) -> float:
    rotation = _orthonormal(directions, order)
    return float(sum(rotation[:, i] @ directions[name] for i, name in enumerate(order)))
