"""Score the map: the purity of its genre areas, the error of the joystick's latent point, and
whether colours, labels and displays agree."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from drumatlas.atlas.model import Atlas, MapPoints
from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.controls import Turn
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.genre import cursor, family_of, genre_at, land_family
from drumatlas.explore.latent import map_places, map_to_latent
from drumatlas_export.atlas.chart import AREA, core_of, genre_names
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.space import Space

_TESTED = 400  # points of the map to test
_PLACES = 2000  # places on the land at which colour and names are compared
_BESIDE = 0.01  # map widths; deviation of these places from points of the map


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
    points of the map (`drawn`) and for points that were removed from it first (`left_out`), and
    those of the way back (`returned`): how far from the joystick's position, in map widths, a
    display shows the latent point to which the joystick leads, for places beside points. It is
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
    away = {
        "drawn": _distances(atlas, points, tested),
        "left_out": _distances(fewer, points, tested),
        "returned": _returns(atlas, seed),
    }
    return {
        f"{name}_{rank}": float(np.percentile(values, percent))
        for name, values in away.items()
        for rank, percent in (("median", 50), ("p90", 90))
    }


def _places(atlas: Atlas, seed: int, count: int) -> NDArray[np.float64]:
    """Return places [count, 2] of the map, 0..1, beside its points."""
    rng = np.random.default_rng([seed, 5])
    near = map_places(atlas)[rng.integers(0, len(atlas.points.xy), count)]
    return np.clip(near + rng.normal(0, _BESIDE, near.shape), 0, 1)


def _returns(atlas: Atlas, seed: int) -> NDArray[np.float64]:
    places = _places(atlas, seed, _TESTED)
    shown = [cursor(atlas, map_to_latent(atlas, x, y)) for x, y in places.tolist()]
    away: NDArray[np.float64] = np.linalg.norm(np.array(shown) - places, axis=1)
    return away


def _distances(atlas: Atlas, points: MapPoints, tested: NDArray[np.intp]) -> NDArray[np.float64]:
    xy = atlas.points.xy
    low = xy.min(axis=0)
    places = (points.xy[tested] - low) / np.maximum(xy.max(axis=0) - low, 1e-9)
    found = np.stack([map_to_latent(atlas, float(x), float(y)) for x, y in places])
    away: NDArray[np.float64] = np.linalg.norm(
        (found - points.z[tested]) / atlas.latent.reach, axis=1
    ).astype(np.float64)
    return away


def agreement(atlas: Atlas, seed: int) -> dict[str, float]:
    """Return how often the land, its labels and the displays of a box agree, 0..1 each.

    At places on the land, beside points of the map, `colour` compares the colour of the land with
    the family that header, status and display show when the joystick goes there, and `hover` the
    name under the pointer with the genre that they show. `points` compares the colour under each
    point of the map with the family of the point. `cursor` is the share of points of the prior that
    are shown in the colour of their family. `labels` is the share of labels that stand in their own
    genre, and `buttons` that of genres whose button leads to them. The result is empty for an atlas
    without labels.
    """
    if atlas.labels is None:
        return {}
    places = _places(atlas, seed, _PLACES)
    box = Explorer(atlas)
    shown = []
    for x, y in places.tolist():
        box.handle(Turn("map_x", x), 0)
        box.handle(Turn("map_y", y), 0)
        shown.append(box.genre)
    hover = _genres_there(atlas, places)
    own = family_of(atlas)[atlas.points.genre]
    xy = map_places(atlas).tolist()
    spread = np.random.default_rng([seed, 6]).standard_normal((_TESTED, len(atlas.latent.reach)))
    z = (atlas.latent.centre + atlas.latent.reach * spread).astype(np.float32)
    return {
        "colour": _same(
            [land_family(atlas, x, y) for x, y in places.tolist()],
            [one.family_index for one in shown],
        ),
        "hover": _same(hover.tolist(), [one.index for one in shown]),
        "points": _same([land_family(atlas, x, y) for x, y in xy], own.tolist()),
        "cursor": _same(
            [land_family(atlas, *cursor(atlas, one)) for one in z],
            genre_at(atlas, z)[0].tolist(),
        ),
        "labels": _same(_genres_there(atlas, _label_places(atlas)).tolist(), _numbers(atlas)),
        "buttons": _same([_pressed(box, index) for index in _numbers(atlas)], _numbers(atlas)),
    }


def _numbers(atlas: Atlas) -> list[int]:
    return list(range(len(atlas.genres)))


def _same(some: Sequence[int], others: Sequence[int]) -> float:
    """Return the share of equal numbers of two lists."""
    return float(np.mean([a == b for a, b in zip(some, others, strict=True)]))


def _genres_there(atlas: Atlas, places: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return the genres [n] at places [n, 2] of the map."""
    z = np.stack([map_to_latent(atlas, float(x), float(y)) for x, y in places])
    return genre_at(atlas, z)[1]


def _label_places(atlas: Atlas) -> NDArray[np.floating[Any]]:
    """Return where the labels stand [genres, 2], 0..1."""
    low, high = atlas.points.xy.min(axis=0), atlas.points.xy.max(axis=0)
    stand = np.stack([genre.map_centroid for genre in atlas.genres])
    result: NDArray[np.floating[Any]] = (stand - low) / np.maximum(high - low, 1e-9)
    return result


def _pressed(box: Explorer, index: int) -> int:
    """Return the genre where the box is after it went to genre `index`."""
    box.go_to_genre(index)
    return box.genre.index
