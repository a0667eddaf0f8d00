"""The measures of `evaluate`. A beat is [32, 14] booleans, 448 cells. The distance of two beats is
the smallest Hamming distance over the 32 rotations of one of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid, pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.space import Space

NOVEL_DISTANCE = 3  # cells by which a novel beat differs from every training beat
STEP_OF_RANGE = 0.05  # a small knob move, as a share of the knob's range
_KNOB_SDS = 4.0  # the knob's range in prior deviations (-2..2)
_CHUNK = 64


def _flat(grids: Grid) -> NDArray[np.float32]:
    return grids.reshape(len(grids), -1).astype(np.float32)


def _chunks(beats: Grid, others: Grid) -> Iterator[NDArray[np.float32]]:
    """Yield the distances of beats [n, 32, 14] to others [m, 32, 14], in parts [some, m].

    Since |a xor b| = |a| + |b| - 2 a·b, one matrix product serves all rotations of a chunk.
    """
    targets = _flat(others)
    sizes = targets.sum(axis=1)
    for start in range(0, len(beats), _CHUNK):
        chunk = beats[start : start + _CHUNK]
        rotated = np.concatenate([np.roll(chunk, shift, axis=1) for shift in range(STEPS)])
        common = (_flat(rotated) @ targets.T).reshape(STEPS, len(chunk), -1).max(axis=0)
        own = chunk.sum(axis=(1, 2)).astype(np.float32)
        yield own[:, None] + sizes - 2 * common


def distances(beats: Grid, others: Grid) -> NDArray[np.int64]:
    """Return the distance in cells of each of beats [n, 32, 14] to each of others: [n, m]."""
    parts = list(_chunks(beats, others))
    return np.concatenate(parts).astype(np.int64) if parts else np.empty((0, len(others)), np.int64)


def nearest_distance(beats: Grid, others: Grid) -> NDArray[np.int64]:
    """Return the distance in cells of each of beats [n, 32, 14] to the nearest of others: [n]."""
    parts = [part.min(axis=1) for part in _chunks(beats, others)]
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)


def diversity(beats: Grid, seed: int) -> float:
    """Return the mean distance in cells between two beats drawn at random; 0 for under 2 beats."""
    if len(beats) < 2:
        return 0.0
    order = np.random.default_rng(seed).permutation(len(beats))
    half = len(order) // 2
    pairs = zip(beats[order[:half]], beats[order[half : 2 * half]], strict=True)
    return float(np.mean([nearest_distance(a[None], b[None])[0] for a, b in pairs]))


def pass_scores(hits: Grid, known: BeatFilter) -> dict[str, float]:
    """Return shares, 0..1, of samples [n, 32, 14]: empty, lively (entropy) and passing ones.

    `distinct` is the share of distinct beats among the passing ones. `known` is the filter that
    holds the training beats.
    """
    codes = pack(hits)
    passing = known.passes(codes)
    classes = {rotation_hash(code) for code in codes[passing]}
    return {
        "empty": float((codes.sum(axis=1) == 0).mean()),
        "lively": float(known.lively(codes).mean()),
        "pass": float(passing.mean()),
        "distinct": len(classes) / max(int(passing.sum()), 1),
    }


def composition(beats: Grid) -> dict[str, float]:
    """Return how beats [n, 32, 14] are composed; every value is 0 if there are no beats.

    `bars_equal` is the share, 0..1, of beats whose two bars are equal, and `differing_cells` the
    mean number of cells, 0..224, in which the second bar differs from the first. Both stay the same
    under rotation. `hits` (0..448) and `voices_a_beat` (0..14) are the mean numbers of hits and of
    voices of a beat.
    """
    differing = (beats[:, :STEPS_PER_BAR] ^ beats[:, STEPS_PER_BAR:]).sum(axis=(1, 2))
    return {
        "bars_equal": mean(differing == 0),
        "differing_cells": mean(differing),
        "hits": mean(beats.sum(axis=(1, 2))),
        "voices_a_beat": mean(beats.any(axis=1).sum(axis=1)),
    }


def mean(values: NDArray[Any]) -> float:
    """Return the mean of `values` [n], or the share of them that are true; 0 if there are none."""
    return float(values.mean()) if len(values) else 0.0


def f1(space: Space, beats: Grid) -> float:
    """Return the F1 score, 0..1, of the hits of held-out beats [n, 32, 14], encoded and decoded."""
    return _f1(space.hits(space.encode(beats.astype(np.float32))), beats)


def f1_by_search(space: Space, beats: Grid) -> float:
    """Return the F1 score, 0..1, of the hits of held-out beats [n, 32, 14], decoded where the box
    lands with them: its search improves the encoder's answers."""
    return _f1(space.hits(space.places(beats)), beats)


def _f1(rebuilt: Grid, beats: Grid) -> float:
    common = float((rebuilt & beats).sum())
    return 2 * common / max(float(rebuilt.sum() + beats.sum()), 1.0)


def smoothness(space: Space, n: int, seed: int) -> dict[str, float]:
    """Return how many cells change when a point moves by 0.05 of a knob's range.

    Over `n` random points and directions, the result has the mean, the median, the 99th percentile,
    and `dead`, the share of moves that change nothing.
    """
    rng = np.random.default_rng([seed, 1])  # independent of the stream that draws the points
    z = space.sample(n, seed)
    direction = rng.standard_normal(z.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    moved = (z + space.reach * direction * _KNOB_SDS * STEP_OF_RANGE).astype(np.float32)
    changed = (space.hits(z) ^ space.hits(moved)).sum(axis=(1, 2))
    return {
        "mean": float(changed.mean()),
        "median": float(np.median(changed)),
        "p99": float(np.percentile(changed, 99)),
        "dead": float((changed == 0).mean()),
    }
