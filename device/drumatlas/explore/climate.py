"""The climate of a place: the tempo and the swing that the genres around it usually have. Pure."""

import numpy as np

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.explore.genre import genre_votes

_SHARPNESS = 2  # power of a genre's share of the votes; more is closer to the winner's own climate


def climate_at(atlas: Atlas, z: Floats) -> tuple[float, float] | None:
    """Return the tempo (BPM) and the swing (0..1) at latent point z [4], or None if no genre of the
    atlas has a climate.

    They are means of the genres' median tempos (geometric) and of their swings, weighted by the
    squares of the genres' shares of the votes, so that they change smoothly from place to place.
    """
    known = [i for i, genre in enumerate(atlas.genres) if genre.climate]
    if not known:
        return None
    weight = genre_votes(atlas, z[None])[0, known] ** _SHARPNESS
    if not weight.sum() > 0:
        return None
    weight /= weight.sum()
    climates = [climate for i in known if (climate := atlas.genres[i].climate)]
    bpm = np.exp(weight @ np.log([climate.bpm[1] for climate in climates]))
    return float(bpm), float(weight @ [climate.swing for climate in climates])
