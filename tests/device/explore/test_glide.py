import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.explore.glide import Glide
from drumatlas.explore.latent import latent_to_map

unit = st.floats(0, 1, width=32)


@pytest.mark.parametrize("stick", [(0.5, 0.5), (0.53, 0.47)])
def test_a_stick_at_rest_stays(atlas: Atlas, stick: tuple[float, float]) -> None:
    assert Glide(atlas).move(atlas.latent.centre, stick, 0.01) is None


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), unit, unit)
def test_it_never_jumps(atlas: Atlas, seed: int, x: float, y: float) -> None:
    """From any point, on the map or off, a tick of 10 ms moves only a little."""
    z = (
        atlas.latent.centre + atlas.latent.reach * np.random.default_rng(seed).normal(0, 1.5, 4)
    ).astype(np.float32)
    glide = Glide(atlas)
    for _ in range(20):
        there = glide.move(z, (x, y), 0.01)
        if there is None:
            return
        assert np.linalg.norm((there - z) / atlas.latent.reach) < 1.2
        z = there


def test_the_place_follows_the_stick_and_settles_on_the_map(atlas: Atlas) -> None:
    glide, z = Glide(atlas), atlas.points.z[0]
    start = latent_to_map(atlas, z)
    push = 0.0 if start[0] > 0.5 else 1.0
    for _ in range(100):
        moved = glide.move(z, (push, 0.5), 0.01)
        assert moved is not None
        z = moved
    end = latent_to_map(atlas, z)
    assert end[0] - start[0] == pytest.approx(0.25 if push else -0.25, abs=0.05)
    assert end[1] == pytest.approx(start[1], abs=0.05)


def test_a_late_tick_goes_no_further_than_a_tenth_of_a_second(atlas: Atlas) -> None:
    z = atlas.points.z[0]
    late, most = (Glide(atlas).move(z, (0.9, 0.2), seconds) for seconds in (60.0, 0.1))
    assert late is not None
    assert most is not None
    assert np.array_equal(late, most)
