"""A groove from performances, by ridge regression; and how much better than flat it is.

A voice with few hits leans on all voices, a 16th with few on its voice. Linear and small: 600
numbers, which a box reckons in no time, from some hundred thousand hits.
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

_RIDGE = 30.0  # hits that a weight must outweigh
_PARTS = 5  # of the sessions; each is measured by what the others taught
_OF_STEP = np.arange(STEPS) % STEPS_PER_BAR
_WIDTH = 3**0.5  # half of an even spread, in its deviations

Array = NDArray[np.float64]


def learn(played: Played) -> Groove:
    """The groove of all windows."""
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


def _ridge(x: Array, y: Array) -> Array:
    """Weights [m] of x [n, m] for y [n]."""
    square = x.T @ x + _RIDGE * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(square, x.T @ y), np.float64)


def _late(metre: Array, late: Array) -> Array:
    """How late a voice is at each 16th [16]: its mean, and what each adds to that."""
    mean = late.sum() / (len(late) + _RIDGE)
    result: Array = mean + metre.T @ (late - mean) / (metre.sum(axis=0) + _RIDGE)
    return result


def measure(played: Played) -> dict[str, Any]:
    """How far from the players velocities and times are (root mean square over all hits), each
    session told by what the others taught: flat, by the metre alone, by the groove; and on the
    grid, by the groove. With one session nothing can be told: the counts alone."""
    hits = played.loud > 0
    counts = {
        "windows": len(hits),
        "hits": int(hits.sum()),
        "sessions": len(set(played.session.tolist())),
    }
    flat, metre, groove, late = (np.zeros(hits.shape) for _ in range(4))
    for part in range(_PARTS):
        asked = played.session % _PARTS == part
        known = played.part(~asked)
        if not asked.any():
            continue
        if not len(known.loud):
            return counts  # all are of this part: nobody taught
        learned, taught = learn(known), known.loud > 0
        flat[asked] = known.loud[taught].mean()
        weight = np.broadcast_to(METRE, taught.shape)[taught]
        metre[asked] = np.polyval(np.polyfit(weight, known.loud[taught], 1), METRE)
        groove[asked] = played_velocities(
            learned, hits[asked], np.full(hits[asked].shape, 0.5, np.float32)
        )
        late[asked] = learned.late_ms[_OF_STEP]
    guesses = {"flat": flat, "metre": metre, "groove": groove}
    return {
        **counts,
        "velocity_rms": {name: _rms((one - played.loud)[hits]) for name, one in guesses.items()},
        # How loud a player plays as a whole is not in a beat: the same with that taken out.
        "accent_rms": {
            name: _rms(_levelled(one - played.loud, hits)) for name, one in guesses.items()
        },
        "timing_ms_rms": {
            "grid": _rms(played.late_ms[hits]),
            "groove": _rms((late - played.late_ms)[hits]),
        },
    }


def _levelled(away: Array, hits: NDArray[np.bool_]) -> Array:
    """`away` [n, 32, 14] at the hits, less the mean of each window."""
    count = np.maximum(hits.sum(axis=(1, 2), keepdims=True), 1)
    mean = np.where(hits, away, 0).sum(axis=(1, 2), keepdims=True) / count
    result: Array = (away - mean)[hits]
    return result


def _rms(away: Array) -> float:
    return round(float(np.sqrt((away**2).mean())), 2)
