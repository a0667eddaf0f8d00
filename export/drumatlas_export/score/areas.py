"""Score the map: the purity of its genre areas, and the error of the joystick's latent point."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from drumatlas.atlas.model import Atlas, MapPoints
from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.latent import map_to_latent
from drumatlas_export.atlas.chart import AREA, core_of, genre_names
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.space import Space

_TESTED = 400  # points of the map to test


def genre_areas(space: Space, rows: Sequence[BeatRow]) -> dict[str, dict[str, float]]:
    """Return scores of each genre with enough beats in `rows`.

    `beats` and `share` are the number and share of its beats. `purity` is its share, 0..1, of the
    100 beats where it is densest, and `spread` the mean standard deviation of its beats there, in
    prior deviations.
    """
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
    """Return how far the joystick's latent point lies from the point drawn at its position.

    The result has the median and the 90th percentile of the distance in prior deviations, for
    points of the map (`drawn`) and for points that were removed from it first (`left_out`). It is
    empty for a map of fewer than 2 points.
    """
    points = atlas.points
    n = len(points.xy)
    if n < 2:
        return {}
    tested = np.random.default_rng([seed, 4]).permutation(n)[: min(_TESTED, n // 2)]
    rest = np.setdiff1d(np.arange(n), tested)
    fewer = replace(
        atlas,
        points=MapPoints(points.z[rest], points.xy[rest], points.origin[rest], points.genre[rest]),
    )
    drawn, left_out = _distances(atlas, points, tested), _distances(fewer, points, tested)
    return {
        "drawn_median": float(np.median(drawn)),
        "drawn_p90": float(np.percentile(drawn, 90)),
        "left_out_median": float(np.median(left_out)),
        "left_out_p90": float(np.percentile(left_out, 90)),
    }


def _distances(atlas: Atlas, points: MapPoints, tested: NDArray[np.intp]) -> NDArray[np.float64]:
    xy = atlas.points.xy
    low = xy.min(axis=0)
    places = (points.xy[tested] - low) / np.maximum(xy.max(axis=0) - low, 1e-9)
    found = np.stack([map_to_latent(atlas, float(x), float(y)) for x, y in places])
    away: NDArray[np.float64] = np.linalg.norm(
        (found - points.z[tested]) / atlas.latent.reach, axis=1
    ).astype(np.float64)
    return away
