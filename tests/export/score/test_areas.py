from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.read import read_atlas
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.score.areas import genre_areas, map_inverse
from drumatlas_export.space import open_space

pytestmark = pytest.mark.export


def test_each_genre_with_enough_beats_has_an_area(model_path: Path, rows: list[BeatRow]) -> None:
    areas = genre_areas(open_space(model_path), rows)
    assert set(areas) == {"rock", "jazz", "funk"}
    for area in areas.values():
        assert area["beats"] == 100
        assert area["share"] == pytest.approx(1 / 3)
        assert area["share"] < area["purity"] <= 1
        assert area["spread"] > 0
    assert genre_areas(open_space(model_path), [BeatRow(row.code) for row in rows]) == {}


def test_the_inverse_is_worse_where_it_was_made_without_the_point(atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    error = map_inverse(atlas, 1)
    assert 0 < error["drawn_median"] < error["drawn_p90"]
    assert error["drawn_median"] < error["left_out_median"]
    assert error == map_inverse(atlas, 1)
    far = np.linalg.norm((atlas.points.z - atlas.latent.centre) / atlas.latent.reach, axis=1)
    assert error["drawn_median"] < np.median(far)  # better than the middle of the space
