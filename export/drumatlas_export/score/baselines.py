"""Baselines: beats made without a model, which good measures must rank below a good space.

Noise is best at passing, novelty and diversity; recombined parts of real beats win most other
measures. Each baseline fails at least one measure of the row that a good space passes.
"""

from collections.abc import Callable

import numpy as np

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid
from drumatlas.beat.voices import VOICE_TABLE

FLIPS = 3  # cells

Baseline = Callable[[Grid, int, np.random.Generator], Grid]  # training beats, n -> [n, 32, 14]


def _drawn(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    """Return n of the training beats; none repeats while there are enough."""
    order = np.concatenate([rng.permutation(len(train)) for _ in range(-(-n // len(train)))])
    result: Grid = train[order[:n]]
    return result


def _noise(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    """Draw every cell independently, with each voice as dense as in the training beats."""
    result: Grid = rng.random((n, *train.shape[1:])) < train.mean(axis=(0, 1))
    return result


def _shuffled(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    order = rng.permuted(np.tile(np.arange(STEPS), (n, 1)), axis=1)
    result: Grid = np.take_along_axis(_drawn(train, n, rng), order[:, :, None], axis=1)
    return result


def _bars(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    first, second = _drawn(train, n, rng), _drawn(train, n, rng)
    first[:, STEPS_PER_BAR:] = second[:, STEPS_PER_BAR:]
    return first


def _flipped(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    result = _drawn(train, n, rng)
    flat = result.reshape(n, -1)
    cells = rng.random(flat.shape).argpartition(FLIPS, axis=1)[:, :FLIPS]
    flat[np.arange(n)[:, None], cells] ^= True
    return result


def _kicks(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    bits = [voice.bit for voice in VOICE_TABLE if voice.group == "kick"]
    result, others = _drawn(train, n, rng), _drawn(train, n, rng)
    result[:, :, bits] = others[:, :, bits]
    return result


BASELINES: dict[str, Baseline] = {
    "training copies": _drawn,
    "independent noise": _noise,
    "shuffled steps": _shuffled,
    "bars of two beats": _bars,
    "three flips": _flipped,
    "kick of another": _kicks,
}
