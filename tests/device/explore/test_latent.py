from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas, MapPoints
from drumatlas.explore.latent import (
    MAP_CELLS,
    knobs_to_latent,
    latent_to_knobs,
    latent_to_map,
    map_to_latent,
)

knob = st.floats(-1, 2, width=32)
unit = st.floats(0, 1, width=32)


@given(st.tuples(knob, knob, knob, knob))
def test_knobs_and_latent_are_inverse(atlas: Atlas, knobs: tuple[float, ...]) -> None:
    z = knobs_to_latent(atlas.latent, np.array(knobs, np.float32))
    assert latent_to_knobs(atlas.latent, z) == pytest.approx(np.array(knobs), abs=1e-4)


def test_middle_of_the_knobs_is_the_centre(atlas: Atlas) -> None:
    z = knobs_to_latent(atlas.latent, np.full(4, 0.5, np.float32))
    assert z == pytest.approx(atlas.latent.centre)


@given(unit, unit)
def test_a_map_position_leads_to_the_points_there(atlas: Atlas, x: float, y: float) -> None:
    z = map_to_latent(atlas, x, y)
    low, high = atlas.points.z.min(axis=0), atlas.points.z.max(axis=0)
    assert ((z >= low - 1e-3) & (z <= high + 1e-3)).all()


def test_the_place_of_a_map_point_leads_near_it(atlas: Atlas) -> None:
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    away = []
    for i in range(0, len(xy), 31):
        x, y = (xy[i] - low) / (high - low)
        off = (map_to_latent(atlas, float(x), float(y)) - atlas.points.z[i]) / atlas.latent.reach
        away.append(float(np.linalg.norm(off)))
    assert np.median(away) < 0.45


def test_a_latent_point_has_a_place_on_the_map(atlas: Atlas) -> None:
    away = []
    for i in range(0, len(atlas.points.z), 97):
        x, y = latent_to_map(atlas, atlas.points.z[i])
        low, high = atlas.points.xy.min(axis=0), atlas.points.xy.max(axis=0)
        away.append(np.abs((atlas.points.xy[i] - low) / (high - low) - (x, y)).max())
    assert np.median(away) < 0.01


@given(unit, unit, st.floats(0, 6.3))
def test_a_small_move_over_the_map_is_a_small_one_in_latent_space(
    atlas: Atlas, x: float, y: float, angle: float
) -> None:
    step = 1 / 1024
    here, there = (
        map_to_latent(atlas, x + s * np.cos(angle), y + s * np.sin(angle)) for s in (0, step)
    )
    assert (
        np.linalg.norm((there - here) / atlas.latent.reach) < 2 * 128 * step
    )  # places go in cells: a step may cross two


@given(unit, unit)
def test_with_labels_all_places_of_a_cell_are_its_middle(
    labelled: Atlas, x: float, y: float
) -> None:
    cells = [min(int(value * MAP_CELLS), MAP_CELLS - 1) for value in (x, y)]
    middle = [(cell + 0.5) / MAP_CELLS for cell in cells]
    expected = map_to_latent(replace(labelled, labels=None), *middle)
    assert map_to_latent(labelled, x, y).tolist() == expected.tolist()


def test_without_labels_each_place_is_its_own(unlabelled: Atlas) -> None:
    one, other = (map_to_latent(unlabelled, (cell + 0.2) / MAP_CELLS, 0.5) for cell in (400, 400.4))
    assert one.tolist() != other.tolist()


def test_a_map_without_points_is_its_middle(atlas: Atlas) -> None:
    none = MapPoints(
        np.zeros((0, 4), np.float32),
        np.zeros((0, 2), np.float32),
        np.zeros(0, np.uint8),
        np.zeros(0, np.int16),
    )
    bare = replace(atlas, points=none)
    assert np.array_equal(map_to_latent(bare, 0.1, 0.9), atlas.latent.centre)
    assert latent_to_map(bare, atlas.latent.centre) == (0.5, 0.5)
