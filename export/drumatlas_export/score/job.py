"""`drumatlas-export evaluate`: compute all measures of one space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Grid, grids, pack, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.areas import agreement, genre_areas, map_inverse
from drumatlas_export.score.measures import (
    NOVEL_DISTANCE,
    diversity,
    f1,
    f1_by_search,
    nearest_distance,
    pass_scores,
    smoothness,
)
from drumatlas_export.score.places import PLACES, family_knn, genre_knn, searched
from drumatlas_export.score.songs import SongBeats, evenly
from drumatlas_export.score.styles import styles_found
from drumatlas_export.score.table import OWN, Reference, comparison
from drumatlas_export.space import Space
from drumatlas_export.train.config import TrainConfig, apply
from drumatlas_export.train.split import split_by_song

SAMPLES = 10_000
COMPARED = 1000  # distinct passing samples that are compared with every training beat


def parted(
    rows: Sequence[BeatRow], space: Space
) -> tuple[list[BeatRow], list[BeatRow], list[BeatRow]]:
    """Return (training, validation, test) beats, split by song as in the space's training run.

    ConfigError if the space's settings are invalid; BeatError if `rows` are too few to split.
    """
    config = apply(TrainConfig(), space.config, space.name)
    split = split_by_song(rows, config.seed, config.validation_share, config.test_share)
    train, validation, test = (
        [rows[i] for i in part] for part in (split.train, split.validation, split.test)
    )
    return train, validation, test


def held_out(rows: Sequence[BeatRow], space: Space) -> tuple[list[BeatRow], list[BeatRow]]:
    """Return the training and test beats of `parted`."""
    train, _, test = parted(rows, space)
    return train, test


def evaluate(  # noqa: PLR0913 - how much is measured, by name
    space: Space,
    train: Sequence[BeatRow],
    test: Sequence[BeatRow],
    seed: int = 0,
    others: Sequence[BeatRow] | None = None,
    *,
    samples: int = SAMPLES,
    places: int = PLACES,
) -> dict[str, Any]:
    """Return every measure of a space, in nested tables of numbers.

    Test beats that are also in `train`, in any rotation, are left out; BeatError if none remain.
    `others` are further real beats, for the baseline of real beats.
    """
    known = BeatFilter([rotation_hash(row.code) for row in train])
    fresh = _fresh(test, known)
    drawn = _draw(space, known, samples, seed)
    bits = grids([row.code for row in train])
    real = evenly(fresh, seed)
    reference = Reference(bits, known, real, evenly(train, seed).bits)
    beside = evenly(others, seed) if others else None
    table: dict[str, Any] = _rounded(
        {
            "space": space.name,
            "kind": space.config.get("kind", "unknown"),
            "samples": samples,
            "seed": seed,
            **_sample_scores(space, drawn, known, bits, seed),
            "f1_held_out": f1(space, real.bits),
            "f1_search": f1_by_search(space, real.bits),
            "test_beats": len(real.bits),
            "smoothness_cells": smoothness(space, samples, seed),
            "search": searched(space, bits, known, seed, places),
            "genre_knn": genre_knn(space, train, fresh),
            "family_knn": family_knn(space, train, fresh),
            "genre_areas": genre_areas(space, train),
            **_map_scores(space, seed),
            "against_held_out": _compared(drawn, beside, reference, seed),
        }
    )
    return table


def _fresh(test: Sequence[BeatRow], known: BeatFilter) -> list[BeatRow]:
    fresh = [row for row in test if not known.is_known(row.code)]
    if not fresh:
        raise BeatError("every test beat is also a training beat", "give others with --test")
    return fresh


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Samples of the prior: z [n, 4], their hits [n, 32, 14], the row numbers of those that pass
    the filter, and the hits of at most COMPARED of these that are distinct."""

    z: NDArray[np.float32]
    hits: Grid
    passing: NDArray[np.intp]
    chosen: Grid


def _draw(space: Space, known: BeatFilter, samples: int, seed: int) -> _Drawn:
    z = space.sample(samples, seed)
    hits = space.hits(z)
    passing = np.flatnonzero(known.passes(pack(hits)))
    first = {rotation_hash(pack(hits[i])): int(i) for i in reversed(passing)}
    return _Drawn(z, hits, passing, hits[sorted(first.values())[:COMPARED]])


def _sample_scores(
    space: Space, drawn: _Drawn, known: BeatFilter, train: Grid, seed: int
) -> dict[str, Any]:
    """Return how many samples pass, how new and how diverse they are; `train` [m, 32, 14]."""
    distance = nearest_distance(drawn.chosen, train)
    return {
        "at_half": pass_scores(space.hits(drawn.z, 0.5), known),
        "at_thresholds": pass_scores(drawn.hits, known),
        "novelty": float((distance >= NOVEL_DISTANCE).mean()) if len(drawn.chosen) else 0.0,
        "diversity_cells": diversity(drawn.chosen, seed),
    }


def _map_scores(space: Space, seed: int) -> dict[str, Any]:
    """Return the measures of a space's map and of its labels; none for a checkpoint."""
    if space.atlas is None:
        return {}
    return {
        "map_inverse": map_inverse(space.atlas, seed),
        "agreement": agreement(space.atlas, seed),
        "textbook": styles_found(space),
    }


def _compared(
    drawn: _Drawn, others: SongBeats | None, reference: Reference, seed: int
) -> dict[str, Any]:
    """Return the comparison, with the rates of all samples in the space's own row.

    The chosen beats alone would not show them: all of these pass and are distinct.
    """
    rows = comparison(drawn.chosen, others, reference, seed)
    rows[OWN] |= _equal_rates(drawn.hits, drawn.passing)
    return rows


def _equal_rates(hits: Grid, passing: NDArray[np.intp]) -> dict[str, float]:
    """Return the share of samples that pass, and the share of distinct beats among those that do.

    The latter counts the first COMPARED passing samples only: among more, fewer are distinct.
    """
    first = {rotation_hash(code) for code in pack(hits[passing[:COMPARED]])}
    asked = min(len(passing), COMPARED)
    return {"pass": len(passing) / len(hits), "distinct": len(first) / max(asked, 1)}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value
