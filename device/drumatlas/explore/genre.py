"""The genre of a place: one vote that colours, labels, buttons and displays ask. Pure.

Labelled places vote for any other place, the more the nearer they are. The family with the most
votes wins, then the genre with the most votes within that family. An atlas without labels has one
vote for each genre, at the middle of its area, so that the nearest area wins.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.explore.latent import latent_to_map, map_places

_AREA_BLUR, _AREA_POWER = 0.5, 5  # of the votes in an atlas without labels
_BATCH = 64  # places whose votes are counted at once
CURSOR_TRIED = 64  # points nearest to a place that may stand for it on the map

Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class PlaceGenre:
    """The genre of one place.

    `index` and `family_index` are those of the atlas' lists, -1 for none. `confidence` is the
    family's share of all votes, 0..1. `away` is the distance to the middle of the genre's area, in
    prior deviations.
    """

    index: int = -1
    name: str = ""
    family_index: int = -1
    family: str = ""
    confidence: float = 0.0
    away: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """The labelled places as columns [4, n], in units of the blur; genre [n] and weight [n] of
    each; and the family [genres] of each genre."""

    columns: Doubles
    genre: NDArray[np.intp]
    weight: Doubles
    power: int
    family: NDArray[np.intp]


@lru_cache(maxsize=2)
def _votes(atlas: Atlas) -> _Votes:
    labels, genres = atlas.labels, len(atlas.genres)
    if labels is None:
        z: Floats = np.array([genre.centroid for genre in atlas.genres], np.float32)
        own = np.arange(genres)
        unit = atlas.latent.reach.astype(np.float64) * _AREA_BLUR
        return _Votes((z / unit).T, own, np.ones(genres), _AREA_POWER, own)
    family = np.empty(genres, np.intp)
    for i, one in enumerate(atlas.families):
        family[list(one.genres)] = i
    unit = atlas.latent.reach.astype(np.float64) * labels.blur
    columns = np.ascontiguousarray((labels.z / unit).T)
    genre, weight = labels.genre.astype(np.intp), labels.weight.astype(np.float64)
    return _Votes(columns, genre, weight, labels.power, family)


def genre_votes(atlas: Atlas, z: Floats) -> Doubles:
    """Return each genre's share of the votes [n, genres] at latent points z [n, 4]; a row adds up
    to 1. The atlas must have genres."""
    votes, genres = _votes(atlas), len(atlas.genres)
    shares = np.empty((len(z), genres))
    blur = atlas.labels.blur if atlas.labels else _AREA_BLUR
    points = z.astype(np.float64) / (atlas.latent.reach.astype(np.float64) * blur)
    for start in range(0, len(z), _BATCH):
        distance: Doubles = np.ones((1, 1))
        for axis, column in enumerate(votes.columns):
            distance = distance + (points[start : start + _BATCH, axis, None] - column) ** 2
        # Relative to the nearest one: the shares stay the same, and never become 0 far out.
        distance /= distance.min(axis=1, keepdims=True)
        counted = votes.weight * distance**-votes.power
        for row, count in enumerate(counted, start):
            shares[row] = np.bincount(votes.genre, count, minlength=genres)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def genre_at(atlas: Atlas, z: Floats) -> tuple[Indices, Indices, Doubles]:
    """Return family [n], genre [n] and confidence [n] at latent points z [n, 4].

    Families and genres are indices into the atlas' lists. In an atlas without families, each genre
    is a family of its own. The atlas must have genres.
    """
    return winners(genre_votes(atlas, z), family_of(atlas))


def family_of(atlas: Atlas) -> Indices:
    """Return the index of each genre's family [genres]; without families, each genre's own."""
    return _votes(atlas).family


def winners(shares: Doubles, families: Indices) -> tuple[Indices, Indices, Doubles]:
    """Return the family [n] with the most votes, the genre [n] with the most votes in it, and the
    family's share [n] of all votes. `shares` [n, genres] are votes, `families` [genres] each
    genre's family."""
    sums = np.zeros((len(shares), int(families.max()) + 1))
    for genre, family in enumerate(families):
        sums[:, family] += shares[:, genre]
    first = sums.argmax(axis=1)
    genre = np.where(families == first[:, None], shares, -1.0).argmax(axis=1)
    return first, genre, sums[np.arange(len(sums)), first] / sums.sum(axis=1)


def genre_of(atlas: Atlas, z: Floats) -> PlaceGenre:
    """Return the genre of latent point z [4]; one without a name if the atlas has no genres."""
    if not atlas.genres:
        return PlaceGenre()
    families, genres, confidences = genre_at(atlas, z[None])
    index, family = int(genres[0]), int(families[0])
    genre = atlas.genres[index]
    away = float(np.linalg.norm((z - genre.centroid) / atlas.latent.reach))
    has_families = bool(atlas.families)
    return PlaceGenre(
        index,
        genre.name,
        family if has_families else -1,
        atlas.families[family].name if has_families else "",
        float(confidences[0]),
        away,
    )


def land_family(atlas: Atlas, x: float, y: float) -> int:
    """Return the index of the family whose colour the map has at x, y (0..1 each, clipped), or -1
    if the atlas has no labels."""
    if atlas.labels is None:
        return -1
    land = atlas.labels.land
    row, column = (min(max(int(value * len(land)), 0), len(land) - 1) for value in (y, x))
    return int(family_of(atlas)[land[row, column]])


def cursor(atlas: Atlas, z: Floats) -> tuple[float, float]:
    """Return where a display shows latent point z [4] on the map, x and y, 0..1 each.

    The map is flat and the space has four dimensions, so the land at `latent_to_map` may belong to
    another family than z. In an atlas with labels, the result therefore lies in the colour of z's
    own family: only points of that family draw z to them, or else the nearest of them is taken.
    """
    x, y = latent_to_map(atlas, z)
    if atlas.labels is None or not len(atlas.points.xy):
        return x, y
    family = int(genre_at(atlas, z[None])[0][0])
    if land_family(atlas, x, y) == family:
        return x, y
    genres = atlas.points.genre
    is_own = (genres >= 0) & (family_of(atlas)[genres] == family)
    if not is_own.any():
        return x, y
    x, y = latent_to_map(atlas, z, is_own)
    if land_family(atlas, x, y) == family:
        return x, y
    away = np.square((atlas.points.z[is_own] - z) / atlas.latent.reach).sum(axis=1)
    for nearest in np.argsort(away, kind="stable")[:CURSOR_TRIED]:
        x, y = map(float, map_places(atlas)[is_own][nearest])
        if land_family(atlas, x, y) == family:
            return x, y
    return x, y
