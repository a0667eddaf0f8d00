from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.model import Genre, MapPoints
from drumatlas.atlas.read import read_atlas
from drumatlas_export.map_picture.contours import contours

pytestmark = pytest.mark.export


def test_a_line_closes_around_half_of_a_genre(atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    rng = np.random.default_rng(3)
    xy = np.concatenate([rng.normal((-0.5, 0), 0.1, (200, 2)), rng.uniform(-1, 1, (200, 2))])
    four = np.zeros(4, np.float32)
    genres = tuple(Genre(name, four, four, four[:2], 200) for name in ("island", "few"))
    kind = np.repeat(np.array([0, -1], np.int16), 200)
    kind[-5:] = 1
    points = MapPoints(
        np.zeros((400, 4), np.float32), xy.astype(np.float32), np.zeros(400, np.uint8), kind
    )
    lines = contours(replace(atlas, genres=genres, points=points))
    assert list(lines) == ["island"]
    (line,) = lines["island"]
    # Half of a round heap of deviation 0.1 lies within 0.118 of its middle, blurred a little.
    away = np.linalg.norm(line - (-0.5, 0), axis=1)
    assert 0.08 < away.min() < away.max() < 0.18
    assert np.array_equal(line[0], line[-1])  # closed
    assert len(np.unique(line[1:], axis=0)) == len(line) - 1
    # It passes around the middle once.
    x, y = (line - (-0.5, 0)).T
    assert abs(np.unwrap(np.arctan2(y, x))[[0, -1]] @ [-1, 1]) == pytest.approx(2 * np.pi)
