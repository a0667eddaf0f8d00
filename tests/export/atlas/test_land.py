"""The genres of an exported map: land, labels, points and buttons agree."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_atlas
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.genre import family_of, genre_at, land_family
from drumatlas.explore.latent import map_places, map_to_latent
from drumatlas_export.atlas.land import genres_on_map, is_land, label_places, land, middles
from drumatlas_export.score.areas import agreement

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def tiny(atlas_path: Path) -> Atlas:
    return read_atlas(atlas_path)


def test_middles_go_by_rows_from_below() -> None:
    assert middles(2).tolist() == [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]


def test_a_cell_has_the_genre_of_its_middle(tiny: Atlas) -> None:
    assert tiny.labels is not None
    side = len(tiny.labels.land)
    rows = np.random.default_rng(3).integers(0, side * side, 300)
    same = [
        tiny.labels.land.ravel()[row] == int(genre_at(tiny, map_to_latent(tiny, x, y)[None])[1][0])
        for row, (x, y) in zip(rows, middles(side)[rows].tolist(), strict=True)
    ]
    assert np.mean(same) > 0.99  # but for cells that have the colour of a point


def test_halving_the_cells_finds_what_looking_at_each_finds(tiny: Atlas) -> None:
    quick = land(tiny, 128)
    each = genres_on_map(tiny, middles(128)).reshape(128, 128)
    assert (quick == each).mean() > 0.998
    assert np.array_equal(land(tiny, 32), genres_on_map(tiny, middles(32)).reshape(32, 32))


def test_land_is_near_points(tiny: Atlas) -> None:
    dry = is_land(tiny, 100).reshape(-1)
    near = np.linalg.norm(middles(100)[:, None] - map_places(tiny)[None], axis=2).min(axis=1)
    assert dry[near < 0.025].all()
    assert not dry[near > 0.055].any()


def test_everything_agrees_on_the_land(tiny: Atlas) -> None:
    found = agreement(tiny, 1)
    assert found["colour"] > 0.99  # but for borders within a cell
    assert {name: found[name] for name in ("hover", "points", "labels", "buttons")} == {
        "hover": 1,
        "points": 1,
        "labels": 1,
        "buttons": 1,
    }
    assert found["cursor"] > 0.99


def test_agreement_notices_what_does_not_agree(tiny: Atlas) -> None:
    assert tiny.labels is not None
    flipped = replace(tiny, labels=replace(tiny.labels, land=tiny.labels.land[::-1, ::-1].copy()))
    assert agreement(flipped, 1)["colour"] < 0.9
    assert agreement(flipped, 1)["points"] < 0.9
    moved = tuple(
        replace(genre, map_centroid=tiny.genres[i - 1].map_centroid)
        for i, genre in enumerate(tiny.genres)
    )
    assert agreement(replace(tiny, genres=moved), 1)["labels"] == 0
    assert agreement(replace(tiny, labels=None, families=()), 1) == {}


def test_a_point_of_the_map_has_the_genre_that_the_box_names_there(tiny: Atlas) -> None:
    box = Explorer(tiny)
    for i in range(0, len(tiny.points.z), 17):
        box.go(tiny.points.z[i])
        assert box.genre.index == tiny.points.genre[i]
        x, y = map_places(tiny)[i].tolist()
        assert land_family(tiny, x, y) == box.genre.family_index


def test_a_label_stands_well_inside_the_largest_area(tiny: Atlas) -> None:
    """Two areas of a genre, a small one and a large one: the label is in the large one."""
    assert tiny.labels is not None
    on_map, z = label_places(tiny, tiny.labels.land)
    for index, (x, y) in enumerate(on_map.tolist()):
        around = [(x + dx, y + dy) for dx in (-0.004, 0.004) for dy in (-0.004, 0.004)]
        own = family_of(tiny)[index]
        assert {land_family(tiny, *place) for place in around} == {own}
        assert z[index] == pytest.approx(map_to_latent(tiny, x, y), abs=1e-5)


def test_a_genre_without_a_cell_has_no_label(tiny: Atlas) -> None:
    assert tiny.labels is not None
    without = np.where(tiny.labels.land == 1, 0, tiny.labels.land).astype(np.uint8)
    on_map, z = label_places(tiny, without)
    assert np.isnan(on_map[1]).all()
    assert np.isnan(z[1]).all()
    assert np.isfinite(on_map[[0, 2]]).all()
