"""Draw the genres of the map as areas.

In an atlas with labels, a line surrounds the land of each family, as the page colours it. In an
older one, a line surrounds half of each genre's beats. Lines are contours on a grid.
"""

from typing import cast

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas
from drumatlas.explore.genre import family_of

SIDE = 72  # points of the grid along each side
_BLUR = 0.045  # kernel width as a share of the map's longer side; about a small island
_INSIDE = 0.5  # share of a genre's beats inside its line
_MIN_POINTS = 10  # on the map, that a genre needs for an area
_FINE = 288  # points of the grid along each side, for the land of families
_SHORE = 0.165 / 1300  # share of all points whose density is the coast, as in page/tint.js

Doubles = NDArray[np.float64]
Line = NDArray[np.float64]  # [n, 2]: x, y of its corners; the last is the first again


def contours(atlas: Atlas) -> dict[str, list[Line]]:
    """Return, by genre, the closed lines around half of its points, in map coordinates."""
    points = atlas.points
    result = {}
    for index, genre in enumerate(atlas.genres):
        own = points.xy[points.genre == index].astype(np.float64)
        if len(own) >= _MIN_POINTS:
            result[genre.name] = _outline(own, points.xy.astype(np.float64))
    return result


def family_contours(atlas: Atlas) -> dict[str, list[Line]]:
    """Return, by family, the closed lines around its land, in map coordinates. The atlas must have
    labels."""
    assert atlas.labels is not None
    xy = atlas.points.xy.astype(np.float64)
    low, high = xy.min(axis=0), xy.max(axis=0)
    blur = _BLUR * float((high - low).max())
    xs, ys = (np.linspace(low[i] - 2 * blur, high[i] + 2 * blur, _FINE) for i in range(2))
    side = len(atlas.labels.land)
    column, row = (
        np.clip((at - low[i]) / (high[i] - low[i]) * side, 0, side - 1).astype(int)
        for i, at in enumerate((xs, ys))
    )
    family = family_of(atlas)[atlas.labels.land[np.ix_(row, column)]]  # [y, x]
    coarse = np.stack(np.meshgrid(xs[::4], ys[::4]), axis=-1).reshape(-1, 2)
    crowd = _density(coarse, xy, blur).reshape(len(ys[::4]), -1)
    dry = (crowd > _SHORE * len(xy)).repeat(4, axis=0).repeat(4, axis=1)[:_FINE, :_FINE]
    result = {}
    for index, one in enumerate(atlas.families):
        own = np.where(dry & (family == index), 1.0, 0.0)
        own[[0, -1]] = own[:, [0, -1]] = 0.0  # so that every line closes
        lines = contour_generator(xs, ys, own, line_type=LineType.Separate).lines(0.5)
        result[one.name] = cast("list[Line]", lines)
    return result


def _outline(own: Doubles, everywhere: Doubles) -> list[Line]:
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    blur = _BLUR * float((high - low).max())
    low, high = low - 3 * blur, high + 3 * blur  # so that every line closes
    xs, ys = (np.linspace(low[i], high[i], SIDE) for i in range(2))
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
    heights = _density(grid, own, blur).reshape(SIDE, SIDE)
    level = float(np.quantile(_density(own, own, blur), 1 - _INSIDE))
    lines = contour_generator(xs, ys, heights.T, line_type=LineType.Separate).lines(level)
    return cast("list[Line]", lines)  # as Separate means


def _density(at: Doubles, points: Doubles, blur: float) -> Doubles:
    away = ((at[:, None] - points) ** 2).sum(axis=2)
    result: Doubles = np.exp(-away / (2 * blur**2)).sum(axis=1)
    return result
