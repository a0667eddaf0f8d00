"""Compare a space's beats with the baselines by the same measures, in one table."""

from dataclasses import dataclass, replace

import numpy as np

from drumatlas.beat.codes import Grid, pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.baselines import BASELINES
from drumatlas_export.score.compare import auc, precision_recall
from drumatlas_export.score.measures import NOVEL_DISTANCE, composition, mean, nearest_distance
from drumatlas_export.score.songs import SongBeats, songless

MAX_BEATS = 1000  # per row
OWN = "this space"
REAL = "held-out real"

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Reference:
    """The beats with which each row is compared."""

    train: Grid  # training beats [n, 32, 14]
    known: BeatFilter  # the filter that holds them
    real: SongBeats  # beats of held-out songs
    stock: Grid  # training beats [m, 32, 14], evenly by song, from which the baselines are made


def comparison(
    made: Grid, others: SongBeats | None, reference: Reference, seed: int
) -> dict[str, Row]:
    """Return a row of measures for the passing samples `made` [n, 32, 14] and for each baseline.

    Every row is compared with an equal number of held-out beats. The row of real beats compares
    `others` with them or, without `others`, one half of the held-out songs with the other half.
    """
    rng = np.random.default_rng([seed, 2])
    real = reference.real
    n = min(len(made), len(real.bits), MAX_BEATS)

    def row(beats: SongBeats, against: SongBeats) -> Row:
        return measures(beats, replace(reference, real=against), seed)

    table = {OWN: row(songless(made[:n]), real.first(n))}
    size = n or min(len(real.bits), MAX_BEATS)
    for name, baseline in BASELINES.items():
        table[name] = row(songless(baseline(reference.stock, size, rng)), real.first(size))
    left, right = (others, real) if others else _halves(real)
    size = min(len(left.bits), len(right.bits), size)
    table[REAL] = row(left.first(size), right.first(size))
    return table


def _halves(real: SongBeats) -> tuple[SongBeats, SongBeats]:
    odd = real.songs % 2 == 1
    return (
        SongBeats(real.bits[odd], real.songs[odd]),
        SongBeats(real.bits[~odd], real.songs[~odd]),
    )


def measures(beats: SongBeats, reference: Reference, seed: int) -> Row:
    """Return one row: `beats` compared with an equal number of held-out beats, and their
    `composition`."""
    bits = beats.bits
    codes = pack(bits)
    precision, recall = precision_recall(bits, reference.real.bits)
    away = nearest_distance(bits, reference.train)
    return {
        "n": len(bits),
        "pass": mean(reference.known.passes(codes)),
        "novel": mean(away >= NOVEL_DISTANCE),
        "distinct": len({rotation_hash(code) for code in codes}) / max(len(codes), 1),
        "precision": precision,
        "recall": recall,
        "auc": auc(beats, reference.real, seed),
        "voices": int(bits.any(axis=(0, 1)).sum()),
        **composition(bits),
    }
