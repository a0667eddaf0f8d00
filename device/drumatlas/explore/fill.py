"""Fills: find a beat that leads over to the next bar. Pure except for the decoder it calls."""

import numpy as np

from drumatlas.atlas.model import Floats
from drumatlas.explore.density import Density
from drumatlas.explore.search import Place, Places

FILL_DENSITY = 0.3  # a fill adds this to the density control
# Where a fill is looked for, in prior deviations; the first offset that gives another beat is used.
FILL_OFFSETS = np.concatenate([way * np.eye(4) for way in (0.5, -0.5, 1.0, -1.0)])


def find_fill(places: Places, here: Place, reach: Floats, density: Density, novelty: bool) -> Place:
    """Return a place near `here` whose beat is another one with at least as many hits.

    `density` and `novelty` are the controls; `reach` [4] is that of the atlas' axes. If no place
    near has such a beat, the last one that was tried is returned.
    """
    denser = Density(min(density.overall + FILL_DENSITY, 1.0), density.groups)
    for offset in FILL_OFFSETS:
        z = (here.z + reach * offset).astype(np.float32)
        place = places.at(z, denser, novelty)
        if place.code != here.code and place.hits.sum() >= here.hits.sum():
            break
    return place
