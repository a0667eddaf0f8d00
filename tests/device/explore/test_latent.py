import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.explore.latent import (
    knobs_to_latent,
    latent_to_knobs,
    map_to_latent,
    nearest_genre,
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
def test_map_leads_to_where_its_points_are(atlas: Atlas, x: float, y: float) -> None:
    z = map_to_latent(atlas, x, y)
    low, high = atlas.points.z.min(axis=0), atlas.points.z.max(axis=0)
    assert ((z >= low - 1e-3) & (z <= high + 1e-3)).all()


def test_the_place_of_a_map_point_leads_near_it(atlas: Atlas) -> None:
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    away = []
    for i in range(0, len(xy), 97):
        x, y = (xy[i] - low) / (high - low)
        off = (map_to_latent(atlas, float(x), float(y)) - atlas.points.z[i]) / atlas.latent.reach
        away.append(float(np.linalg.norm(off)))
    assert np.median(away) < 0.3


def test_nearest_genre_of_a_centre_is_itself(atlas: Atlas) -> None:
    for genre in atlas.genres:
        found = nearest_genre(atlas, genre.centroid)
        assert found is not None
        assert found[0] is genre
        assert found[1] == 0
