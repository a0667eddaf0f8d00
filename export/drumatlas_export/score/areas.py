"""What the map is worth: how pure its genres' areas are, and how far off a joystick's place is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from drumatlas.atlas.model import Atlas, MapPoints
from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.latent import map_to_latent
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.pack.chart import AREA, core_of, genre_names
from drumatlas_export.space import Space

_ASKED = 400  # points of the map


def genre_areas(space: Space, rows: Sequence[BeatRow]) -> dict[str, dict[str, float]]:
    """For each genre with enough beats in `rows`: their number and share; `purity`, the share of
    its own among the 100 beats where it is densest; `spread`, the mean deviation of these in prior
    deviations."""
    labels = [list(row.labels) for row in rows]
    own = np.array([first_genre(words) for words in labels])
    names = genre_names(labels)
    if not names:
        return {}
    z = space.encode(grids([row.code for row in rows]).astype(np.float32)) / space.reach
    near = NearestNeighbors(n_neighbors=min(AREA, len(z))).fit(z)
    table = {}
    for name in names:
        core = core_of(near, z, own == name)
        table[name] = {
            "beats": int((own == name).sum()),
            "share": float((own == name).mean()),
            "purity": len(core) / min(AREA, len(z)),
            "spread": float(z[core].std(axis=0).mean()),
        }
    return table


def map_inverse(atlas: Atlas, seed: int) -> dict[str, float]:
    """How far the joystick's place lies from the point that is drawn there, in prior deviations:
    median and 90 %, for points of the map, and for points that it was made without."""
    points = atlas.points
    n = len(points.xy)
    if n < 2:
        return {}
    asked = np.random.default_rng([seed, 4]).permutation(n)[: min(_ASKED, n // 2)]
    rest = np.setdiff1d(np.arange(n), asked)
    fewer = replace(
        atlas,
        points=MapPoints(points.z[rest], points.xy[rest], points.origin[rest], points.genre[rest]),
    )
    drawn, left_out = _away(atlas, points, asked), _away(fewer, points, asked)
    return {
        "drawn_median": float(np.median(drawn)),
        "drawn_p90": float(np.percentile(drawn, 90)),
        "left_out_median": float(np.median(left_out)),
        "left_out_p90": float(np.percentile(left_out, 90)),
    }


def _away(atlas: Atlas, points: MapPoints, asked: NDArray[np.intp]) -> NDArray[np.float64]:
    xy = atlas.points.xy
    low = xy.min(axis=0)
    places = (points.xy[asked] - low) / np.maximum(xy.max(axis=0) - low, 1e-9)
    found = np.stack([map_to_latent(atlas, float(x), float(y)) for x, y in places])
    away: NDArray[np.float64] = np.linalg.norm(
        (found - points.z[asked]) / atlas.latent.reach, axis=1
    ).astype(np.float64)
    return away
