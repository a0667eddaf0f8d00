"""Draw an atlas' map as an SVG, for a README.

python -m drumatlas_export.map_picture.picture NAME.atlas map.svg
"""

import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import GENERATED, TRAINING, Atlas
from drumatlas.atlas.read import read_atlas
from drumatlas.files import write_text
from drumatlas_export.map_picture.contours import contours, family_contours

_WIDTH, _HEIGHT = 900, 620
_MARGIN = 20
_POINTS = 2600  # at most, of each origin; more only enlarge the file
_NAME = (80, 16)  # width and height of a name
_AREAS = 8  # number of genres with a line, the largest; more would hide one another
_GENRES = 14  # number of genres with a name, the largest


def picture(atlas: Atlas) -> str:
    """Return the map as SVG: training points grey, generated ones red, with areas and names of
    genres."""
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = (np.array([_WIDTH, _HEIGHT]) - 2 * _MARGIN) / (high - low)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="15" text-anchor="middle">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    places = np.rint((xy - low) * scale + _MARGIN).astype(int)
    for origin, colour in ((TRAINING, "#aaa"), (GENERATED, "#d22")):
        chosen = np.unique(places[atlas.points.origin == origin][:_POINTS], axis=0)
        dots = "".join(f"M{x} {y}h0" for x, y in chosen)
        parts.append(
            f'<path d="{dots}" stroke="{colour}" stroke-width="4" stroke-linecap="round"/>'
        )
    lines = _family_lines if atlas.labels else _lines
    parts += list(lines(atlas, low, scale))
    style = 'stroke="#fff" stroke-width="4" paint-order="stroke" font-weight="bold"'
    for name, x, y in _names(atlas, low, scale):
        parts.append(f'<text x="{x}" y="{y}" {style}>{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _names(
    atlas: Atlas, low: NDArray[np.float32], scale: NDArray[np.float64]
) -> Iterator[tuple[str, int, int]]:
    """Yield the names of genres and where they stand, the largest first.

    A name that would cover another is left out in an atlas with labels, whose names stand in their
    own land. In an older one it moves down.
    """
    taken: list[tuple[int, int]] = []

    def is_taken(x: int, y: int) -> bool:
        return any(abs(x - a) < _NAME[0] and abs(y - b) < _NAME[1] for a, b in taken)

    most = len(atlas.genres) if atlas.labels else _GENRES
    for genre in sorted(atlas.genres, key=lambda one: -one.count)[:most]:
        x, y = np.rint((genre.map_centroid - low) * scale + _MARGIN).astype(int).tolist()
        if atlas.labels and is_taken(x, y):
            continue
        while is_taken(x, y):
            y += _NAME[1]
        taken.append((x, y))
        yield genre.name, x, y


def _family_lines(
    atlas: Atlas, low: NDArray[np.float32], scale: NDArray[np.float64]
) -> Iterator[str]:
    """Yield the land of each family in its own colour."""
    areas = family_contours(atlas)
    for family in atlas.families:
        places = [((line - low) * scale + _MARGIN).round(1).tolist() for line in areas[family.name]]
        hue = 36 * family.colour % 360
        style = f'fill="hsl({hue} 70% 50%)" fill-opacity=".18" stroke="hsl({hue} 70% 35%)"'
        outline = "".join(map(_closed, places))
        yield f'<path class="area" d="{outline}" {style} stroke-width="1" fill-rule="evenodd"/>'


def _lines(atlas: Atlas, low: NDArray[np.float32], scale: NDArray[np.float64]) -> Iterator[str]:
    """Yield a line around half of each large genre's beats, each in its own colour."""
    largest = sorted(atlas.genres, key=lambda one: -one.count)[:_AREAS]
    areas = contours(atlas)
    for number, genre in enumerate(largest):
        if not areas.get(genre.name):
            continue
        places = [((line - low) * scale + _MARGIN).round(1).tolist() for line in areas[genre.name]]
        outline = "".join(map(_closed, places))
        hue = round(360 * number / len(largest))
        style = f'stroke="hsl({hue} 70% 40%)" stroke-width="1.5" stroke-opacity=".7"'
        yield f'<path class="area" d="{outline}" fill="none" {style}/>'


def _closed(corners: list[tuple[float, float]]) -> str:
    """Return a closed line as SVG; the last of its corners is the first again."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners[:-1]) + "Z"


if __name__ == "__main__":
    write_text(Path(sys.argv[2]), picture(read_atlas(Path(sys.argv[1]))))
