"""Give the beats of a pack the velocities that the box plays, and latent points and genres."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.genre import genre_of
from drumatlas.explore.velocity import velocities
from drumatlas_export.midi_pack.clips import Clip

if TYPE_CHECKING:  # it imports torch, which a pack without a space does not need
    from drumatlas_export.space import Space

_CERTAINTY = 0.5  # of a hit without a decoder: halfway from its threshold to 1


def flat_certainty(rows: Sequence[BeatRow]) -> list[Clip]:
    """Return clips whose velocities follow the metre alone."""
    hits = grids([row.code for row in rows])
    p = np.full(hits.shape, _CERTAINTY, np.float32)
    loud = velocities(p, hits, np.zeros(hits.shape[-1], np.float32))
    return [Clip(row, one) for row, one in zip(rows, loud, strict=True)]


def of_space(rows: Sequence[BeatRow], space: "Space") -> list[Clip]:
    """Return clips with the velocities that the box plays at each beat's latent point.

    A beat without a latent point gets the one where the box lands with it; a beat without labels,
    the genre there.
    """
    hits = grids([row.code for row in rows])
    z = np.array(
        [
            space.places(hits[i : i + 1])[0] if row.latent is None else row.latent
            for i, row in enumerate(rows)
        ],
        np.float32,
    )
    loud = velocities(space.probabilities(z), hits, space.thresholds, groove=space.groove)
    return [
        Clip(replace(row, latent=tuple(place.tolist()), labels=_labels(row, place, space)), one)
        for row, place, one in zip(rows, z, loud, strict=True)
    ]


def _labels(row: BeatRow, z: NDArray[np.float32], space: "Space") -> tuple[str, ...]:
    if row.labels or not space.atlas or not space.atlas.genres:
        return row.labels
    return (genre_of(space.atlas, z).name,)
