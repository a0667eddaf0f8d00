"""Draw each genre as an area of the map: a line around half of its beats.

The line is a contour of a kernel density on a grid, found by marching squares (Lorensen & Cline,
"Marching Cubes", 1987, in two dimensions).
"""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas

SIDE = 72  # points of the grid along each side
_BLUR = 0.045  # kernel width as a share of the map's longer side; about a small island
_INSIDE = 0.5  # share of a genre's beats inside its line
_MIN_POINTS = 10  # on the map, that a genre needs for an area
# The corners of a cell in order; its edges lie between consecutive ones.
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))

Doubles = NDArray[np.float64]
Segment = tuple[float, float, float, float]  # from x, y to x, y


def contours(atlas: Atlas) -> dict[str, list[Segment]]:
    """Return, by genre, the segments of the line around half of its points, in map coordinates."""
    points = atlas.points
    result = {}
    for index, genre in enumerate(atlas.genres):
        own = points.xy[points.genre == index].astype(np.float64)
        if len(own) >= _MIN_POINTS:
            result[genre.name] = _outline(own, points.xy.astype(np.float64))
    return result


def _outline(own: Doubles, everywhere: Doubles) -> list[Segment]:
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    blur = _BLUR * float((high - low).max())
    low, high = low - 3 * blur, high + 3 * blur  # so that every line closes
    xs, ys = (np.linspace(low[i], high[i], SIDE) for i in range(2))
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
    heights = _density(grid, own, blur).reshape(SIDE, SIDE)
    level = float(np.quantile(_density(own, own, blur), 1 - _INSIDE))
    return list(_segments(heights, level, xs, ys))


def _density(at: Doubles, points: Doubles, blur: float) -> Doubles:
    away = ((at[:, None] - points) ** 2).sum(axis=2)
    result: Doubles = np.exp(-away / (2 * blur**2)).sum(axis=1)
    return result


def _segments(heights: Doubles, level: float, xs: Doubles, ys: Doubles) -> list[Segment]:
    """Return the contour at `level`, cell by cell; a saddle is cut in either of its two ways."""
    above = heights > level
    mixed = above[:-1, :-1] ^ above[1:, :-1] | above[:-1, :-1] ^ above[1:, 1:]
    mixed |= above[:-1, :-1] ^ above[:-1, 1:]
    found: list[Segment] = []
    for i, j in np.argwhere(mixed).tolist():
        corners = [(i + a, j + b) for a, b in _CORNERS]
        crossed = []
        for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
            if above[one] != above[other]:
                share = (level - heights[one]) / (heights[other] - heights[one])
                x = xs[one[0]] + share * (xs[other[0]] - xs[one[0]])
                y = ys[one[1]] + share * (ys[other[1]] - ys[one[1]])
                crossed.append((float(x), float(y)))
        pairs = zip(crossed[::2], crossed[1::2], strict=True)
        found += [(*start, *end) for start, end in pairs]
    return found
