"""The controls: beats made without any model, which a good measure must tell from a good space.

Pass, novelty and diversity are all won by noise; taking real beats apart and joining the parts
anew wins most others. Each control fails somewhere in the row that a good space fills.
"""

from collections.abc import Callable

import numpy as np

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid
from drumatlas.beat.voices import VOICE_TABLE

FLIPS = 3  # cells

Rival = Callable[[Grid, int, np.random.Generator], Grid]  # training beats, n -> [n, 32, 14]


def _drawn(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    """n of the training beats, each once while there are enough."""
    order = np.concatenate([rng.permutation(len(train)) for _ in range(-(-n // len(train)))])
    result: Grid = train[order[:n]]
    return result


def _noise(train: Grid, n: int, rng: np.random.Generator) -> Grid:
    """Every cell for itself, each voice as dense as in training."""
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


RIVALS: dict[str, Rival] = {
    "training copies": _drawn,
    "independent noise": _noise,
    "shuffled steps": _shuffled,
    "bars of two beats": _bars,
    "three flips": _flipped,
    "kick of another": _kicks,
}
