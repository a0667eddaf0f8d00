"""The measures of `evaluate`. Beats are bits: booleans [32, 14] = 448; distance is Hamming,
the least over the 32 rotations of one of the two."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Grid, pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.space import Space

NOVEL_DISTANCE = 3  # cells from every training beat
STEP_OF_RANGE = 0.05  # a small knob move, of the whole way
_KNOB_SDS = 4.0  # the whole way of a knob, in prior deviations (-2..2)
_CHUNK = 64


def _flat(grids: Grid) -> NDArray[np.float32]:
    return grids.reshape(len(grids), -1).astype(np.float32)


def _chunks(beats: Grid, others: Grid) -> Iterator[NDArray[np.float32]]:
    """Distances of beats [n, 32, 14] to others [m, 32, 14], in parts [some, m].

    |a xor b| = |a| + |b| - 2 a·b, so that all rotations of a chunk are one matrix product.
    """
    targets = _flat(others)
    sizes = targets.sum(axis=1)
    for start in range(0, len(beats), _CHUNK):
        chunk = beats[start : start + _CHUNK]
        turned = np.concatenate([np.roll(chunk, shift, axis=1) for shift in range(STEPS)])
        common = (_flat(turned) @ targets.T).reshape(STEPS, len(chunk), -1).max(axis=0)
        own = chunk.sum(axis=(1, 2)).astype(np.float32)
        yield own[:, None] + sizes - 2 * common


def distances(beats: Grid, others: Grid) -> NDArray[np.int64]:
    """Each of beats [n, 32, 14] to each of others [m, 32, 14]: [n, m]."""
    parts = list(_chunks(beats, others))
    return np.concatenate(parts).astype(np.int64) if parts else np.empty((0, len(others)), np.int64)


def nearest_distance(beats: Grid, others: Grid) -> NDArray[np.int64]:
    """For each of beats [n, 32, 14] the distance to the nearest of others [m, 32, 14]: [n]."""
    parts = [part.min(axis=1) for part in _chunks(beats, others)]
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)


def diversity(beats: Grid, seed: int) -> float:
    """Mean distance between two beats drawn at random."""
    if len(beats) < 2:
        return 0.0
    order = np.random.default_rng(seed).permutation(len(beats))
    half = len(order) // 2
    pairs = zip(beats[order[:half]], beats[order[half : 2 * half]], strict=True)
    return float(np.mean([nearest_distance(a[None], b[None])[0] for a, b in pairs]))


def pass_scores(hits: Grid, barred: BeatFilter) -> dict[str, float]:
    """Of samples [n, 32, 14]: shares that are empty, lively (entropy), passing; distinct among
    the passing. `barred` holds the training beats."""
    codes = pack(hits)
    passing = barred.passes(codes)
    classes = {rotation_hash(code) for code in codes[passing]}
    return {
        "empty": float((codes.sum(axis=1) == 0).mean()),
        "lively": float(barred.lively(codes).mean()),
        "pass": float(passing.mean()),
        "distinct": len(classes) / max(int(passing.sum()), 1),
    }


def f1(space: Space, beats: Grid) -> float:
    """F1 of bits, encode -> decode, of beats [n, 32, 14] that were not trained on."""
    rebuilt = space.hits(space.encode(beats.astype(np.float32)))
    common = float((rebuilt & beats).sum())
    return 2 * common / max(float(rebuilt.sum() + beats.sum()), 1.0)


def smoothness(space: Space, n: int, seed: int) -> dict[str, float]:
    """Cells changed by a move of 0.05 of a knob's range, over random places and directions:
    mean, median, p99, and the share of moves that change nothing."""
    rng = np.random.default_rng([seed, 1])  # not the stream that the places come from
    z = space.sample(n, seed)
    way = rng.standard_normal(z.shape)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    moved = (z + space.reach * way * _KNOB_SDS * STEP_OF_RANGE).astype(np.float32)
    changed = (space.hits(z) ^ space.hits(moved)).sum(axis=(1, 2))
    return {
        "mean": float(changed.mean()),
        "median": float(np.median(changed)),
        "p99": float(np.percentile(changed, 99)),
        "dead": float((changed == 0).mean()),
    }
