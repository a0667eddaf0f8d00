"""The parts of the map whose own beats pass the filter, for the page to draw."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import pack
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.latent import map_to_latent

SIDE = 64  # cells of the map's box along each side
PIECE = 16  # cells at a time: 6 ms of work on a fast machine


def passing_pieces(atlas: Atlas) -> Iterator[NDArray[np.bool_]]:
    """Yield for PIECE cells at a time, rows from y = 0 up and each from x = 0, whether the
    decoder's beat at the middle of the cell passes: booleans [PIECE]. The caller rests between the
    pieces."""
    beat_filter = BeatFilter(atlas.known)
    middles = ((np.arange(SIDE) + 0.5) / SIDE).tolist()
    for y in middles:
        for start in range(0, SIDE, PIECE):
            z = np.stack([map_to_latent(atlas, x, y) for x in middles[start : start + PIECE]])
            yield beat_filter.passes(pack(atlas.decode(z) > atlas.thresholds))
