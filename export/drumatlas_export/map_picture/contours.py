"""Draw each genre as an area of the map: a line around half of its beats.

The line is a contour of a kernel density on a grid.
"""

from typing import cast

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas

SIDE = 72  # points of the grid along each side
_BLUR = 0.045  # kernel width as a share of the map's longer side; about a small island
_INSIDE = 0.5  # share of a genre's beats inside its line
_MIN_POINTS = 10  # on the map, that a genre needs for an area

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
