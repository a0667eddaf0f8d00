"""The table that can't be gamed: a space's beats and the controls, by the same measures."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Grid, pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.compare import auc, precision_recall
from drumatlas_export.score.measures import NOVEL_DISTANCE, nearest_distance
from drumatlas_export.score.rivals import RIVALS
from drumatlas_export.score.songs import Heard, songless

MOST = 1000  # beats of a row
OWN = "this space"
REAL = "held-out real"

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a row is measured against: training beats (and the filter that bars them), and beats
    of held-out songs. The controls are made of `stock`, training beats of as many songs."""

    train: Grid
    known: BeatFilter
    real: Heard
    stock: Grid


def comparison(made: Grid, others: Heard | None, yardstick: Yardstick, seed: int) -> dict[str, Row]:
    """A row for the space's passes `made`, one for each control, all against as many beats of
    held-out songs. `others` are real beats beside those; without them the row of real beats sets
    one half of the held-out songs against the other."""
    rng = np.random.default_rng([seed, 2])
    real = yardstick.real
    n = min(len(made), len(real.bits), MOST)

    def row(beats: Heard, against: Heard) -> Row:
        return measures(beats, replace(yardstick, real=against), seed)

    table = {OWN: row(songless(made[:n]), real.first(n))}
    size = n or min(len(real.bits), MOST)
    for name, rival in RIVALS.items():
        table[name] = row(songless(rival(yardstick.stock, size, rng)), real.first(size))
    left, right = (others, real) if others else _halves(real)
    size = min(len(left.bits), len(right.bits), size)
    table[REAL] = row(left.first(size), right.first(size))
    return table


def _halves(real: Heard) -> tuple[Heard, Heard]:
    odd = real.songs % 2 == 1
    return Heard(real.bits[odd], real.songs[odd]), Heard(real.bits[~odd], real.songs[~odd])


def measures(beats: Heard, yardstick: Yardstick, seed: int) -> Row:
    """One row of beats against as many real ones."""
    bits = beats.bits
    codes = pack(bits)
    precision, recall = precision_recall(bits, yardstick.real.bits)
    away = nearest_distance(bits, yardstick.train)
    return {
        "n": len(bits),
        "pass": _share(yardstick.known.passes(codes)),
        "novel": _share(away >= NOVEL_DISTANCE),
        "distinct": len({rotation_hash(code) for code in codes}) / max(len(codes), 1),
        "precision": precision,
        "recall": recall,
        "auc": auc(beats, yardstick.real, seed),
        "voices": int(bits.any(axis=(0, 1)).sum()),
    }


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else 0.0
