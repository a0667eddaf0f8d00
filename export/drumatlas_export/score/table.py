"""The table that can't be gamed: a space's beats and the controls, by the same measures."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Grid, pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.compare import auc, precision_recall
from drumatlas_export.score.measures import NOVEL_DISTANCE, nearest_distance
from drumatlas_export.score.rivals import RIVALS

MOST = 1000  # beats of a row
OWN = "this space"
REAL = "held-out real"

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a row is measured against: training beats (and the filter that bars them), and beats
    of held-out songs."""

    train: Grid
    known: BeatFilter
    real: Grid


def comparison(made: Grid, others: Grid | None, yardstick: Yardstick, seed: int) -> dict[str, Row]:
    """A row for the space's passes `made`, one for each control, all against as many beats of
    held-out songs. `others` are real beats beside those; without them the row of real beats sets
    one half of the held-out ones against the other."""
    rng = np.random.default_rng([seed, 2])
    real = yardstick.real[rng.permutation(len(yardstick.real))]
    n = min(len(made), len(real), MOST)

    def row(beats: Grid, against: Grid) -> Row:
        return measures(beats, replace(yardstick, real=against), seed)

    table = {OWN: row(made[:n], real[:n])}
    size = n or min(len(real), MOST)
    for name, rival in RIVALS.items():
        table[name] = row(rival(yardstick.train, size, rng), real[:size])
    if others is None:
        half = min(len(real) // 2, MOST)
        table[REAL] = row(real[:half], real[half : 2 * half])
    else:
        chosen = others[rng.permutation(len(others))[:size]]
        table[REAL] = row(chosen, real[: len(chosen)])
    return table


def measures(beats: Grid, yardstick: Yardstick, seed: int) -> Row:
    """One row of beats [n, 32, 14] against as many real ones."""
    codes = pack(beats)
    precision, recall = precision_recall(beats, yardstick.real)
    away = nearest_distance(beats, yardstick.train)
    return {
        "n": len(beats),
        "pass": _share(yardstick.known.passes(codes)),
        "novel": _share(away >= NOVEL_DISTANCE),
        "distinct": len({rotation_hash(code) for code in codes}) / max(len(codes), 1),
        "precision": precision,
        "recall": recall,
        "auc": auc(beats, yardstick.real, seed),
        "voices": int(beats.any(axis=(0, 1)).sum()),
    }


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else 0.0
