"""The picture of an atlas: its map as an SVG, for a README.

python -m drumatlas_export.pack.picture NAME.atlas map.svg
"""

import sys
from html import escape
from pathlib import Path

import numpy as np

from drumatlas.atlas.model import GENERATED, Atlas
from drumatlas.atlas.read import read_atlas
from drumatlas.files import write_text

_WIDTH, _HEIGHT = 900, 620
_MARGIN = 20
_POINTS = 2600  # of each origin at most; more only make the file heavy
_NAME = (80, 16)  # room that a name takes
_GENRES = 14  # names on the map, the largest areas


def picture(atlas: Atlas) -> str:
    """Training points grey, generated ones red as in the article, genre names at their areas."""
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    scale = (np.array([_WIDTH, _HEIGHT]) - 2 * _MARGIN) / (high - low)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="15" text-anchor="middle">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    places = np.rint((xy - low) * scale + _MARGIN).astype(int)
    for origin, colour in ((0, "#aaa"), (GENERATED, "#d22")):
        chosen = np.unique(places[atlas.points.origin == origin][:_POINTS], axis=0)
        dots = "".join(f"M{x} {y}h0" for x, y in chosen)
        parts.append(
            f'<path d="{dots}" stroke="{colour}" stroke-width="4" stroke-linecap="round"/>'
        )
    taken: list[tuple[int, int]] = []
    for genre in sorted(atlas.genres, key=lambda one: -one.count)[:_GENRES]:
        x, y = np.rint((genre.map_centroid - low) * scale + _MARGIN).astype(int).tolist()
        while any(abs(x - a) < _NAME[0] and abs(y - b) < _NAME[1] for a, b in taken):
            y += _NAME[1]
        taken.append((x, y))
        style = 'stroke="#fff" stroke-width="4" paint-order="stroke" font-weight="bold"'
        parts.append(f'<text x="{x}" y="{y}" {style}>{escape(genre.name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    write_text(Path(sys.argv[2]), picture(read_atlas(Path(sys.argv[1]))))
