"""Learn a groove from performances by ridge regression, and compare it with flat velocities.

The ridge pulls a voice with few hits towards the mean of all voices, and a 16th with few hits
towards its voice. The groove is linear and small: 600 numbers, learned from some hundred thousand
hits, which the box evaluates in no time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Groove
from drumatlas.beat.codes import STEPS, STEPS_PER_BAR
from drumatlas.beat.voices import VOICES
from drumatlas.explore.groove import played_velocities, surroundings
from drumatlas.explore.velocity import METRE
from drumatlas_export.groove.played import Played

_RIDGE = 30.0  # ridge penalty, in hits
_FOLDS = 5  # of the sessions; each fold is measured with a groove learned from the others
_OF_STEP = np.arange(STEPS) % STEPS_PER_BAR
_WIDTH = 3**0.5  # half width of a uniform distribution, in its standard deviations

Doubles = NDArray[np.float64]


def learn(played: Played) -> Groove:
    """Return the groove learned from all windows of `played`."""
    hits = played.loud > 0
    cell = np.nonzero(hits)
    metre = np.eye(STEPS_PER_BAR)[_OF_STEP[cell[1]]]
    x = np.concatenate([metre, surroundings(hits)[cell]], axis=1)
    loud, late, voice = played.loud[cell], played.late_ms[cell], cell[2]
    weights = np.zeros((x.shape[1], VOICES))
    late_by, spread = np.zeros((STEPS_PER_BAR, VOICES)), np.zeros(VOICES)
    mean = float(loud.mean())
    everywhere = _ridge(x, loud - mean)
    everywhere = everywhere + np.where(np.arange(len(everywhere)) < STEPS_PER_BAR, mean, 0.0)
    for bit in range(VOICES):
        own = voice == bit
        weights[:, bit] = everywhere + _ridge(x[own], loud[own] - x[own] @ everywhere)
        late_by[:, bit] = _late(metre[own], late[own])
        rest = late[own] - metre[own] @ late_by[:, bit]
        spread[bit] = rest.std() if len(rest) > _RIDGE else late.std()
    base, near = np.split(weights, [STEPS_PER_BAR])
    both = base.astype(np.float32), near.astype(np.float32)
    return Groove(*both, late_by.astype(np.float32), (_WIDTH * spread).astype(np.float32))


def _ridge(x: Doubles, y: Doubles) -> Doubles:
    """Return the ridge regression's weights [m] of x [n, m] for y [n]."""
    square = x.T @ x + _RIDGE * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(square, x.T @ y), np.float64)


def _late(metre: Doubles, late: Doubles) -> Doubles:
    """Return a voice's lateness in ms at each 16th [16], shrunk towards its mean.

    metre [n, 16] is one-hot, late [n] in ms.
    """
    mean = late.sum() / (len(late) + _RIDGE)
    result: Doubles = mean + metre.T @ (late - mean) / (metre.sum(axis=0) + _RIDGE)
    return result


def measure(played: Played) -> dict[str, Any]:
    """Return how far predictions are from the players: root mean squares over all hits.

    Each session is predicted from the others. Velocities (0..127) are predicted as flat, from the
    metre alone, and by the groove; times (ms) as on the grid, and by the groove. With sessions of
    one fold only there is nothing to learn from, and the result has the counts alone.
    """
    hits = played.loud > 0
    counts = {
        "windows": len(hits),
        "hits": int(hits.sum()),
        "sessions": len(set(played.session.tolist())),
    }
    predicted = _predicted(played, hits)
    if predicted is None:
        return counts
    velocities, late = predicted
    away = {name: one - played.loud for name, one in velocities.items()}
    return {
        **counts,
        "velocity_rms": {name: _rms(one[hits]) for name, one in away.items()},
        # A beat can't predict how loud its player plays overall, so here this is taken out.
        "accent_rms": {name: _rms(_levelled(one, hits)) for name, one in away.items()},
        "timing_ms_rms": {
            "grid": _rms(played.late_ms[hits]),
            "groove": _rms((late - played.late_ms)[hits]),
        },
    }


def _predicted(
    played: Played, hits: NDArray[np.bool_]
) -> tuple[dict[str, Doubles], Doubles] | None:
    """Return (velocities by method, lateness in ms by the groove), each [n, 32, 14].

    Each session is predicted from those of the other folds; None if all are in one fold. `hits`
    [n, 32, 14] are those of `played`.
    """
    flat, metre, groove, late = (np.zeros(hits.shape) for _ in range(4))
    for fold in range(_FOLDS):
        tested = played.session % _FOLDS == fold
        others = played.part(~tested)
        if not tested.any():
            continue
        if not len(others.loud):
            return None  # all sessions are in this fold
        learned, other_hits = learn(others), others.loud > 0
        flat[tested] = others.loud[other_hits].mean()
        weight = np.broadcast_to(METRE, other_hits.shape)[other_hits]
        metre[tested] = np.polyval(np.polyfit(weight, others.loud[other_hits], 1), METRE)
        groove[tested] = played_velocities(
            learned, hits[tested], np.full(hits[tested].shape, 0.5, np.float32)
        )
        late[tested] = learned.late_ms[_OF_STEP]
    return {"flat": flat, "metre": metre, "groove": groove}, late


def _levelled(away: Doubles, hits: NDArray[np.bool_]) -> Doubles:
    """Return `away` [n, 32, 14] at the hits, minus its mean over each window's hits: [hits]."""
    count = np.maximum(hits.sum(axis=(1, 2), keepdims=True), 1)
    mean = np.where(hits, away, 0).sum(axis=(1, 2), keepdims=True) / count
    result: Doubles = (away - mean)[hits]
    return result


def _rms(away: Doubles) -> float:
    return round(float(np.sqrt((away**2).mean())), 2)
