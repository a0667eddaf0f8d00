from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.atlas.model import GENERATED, Atlas
from drumatlas.beat.codes import pack, rotation_hash
from drumatlas.beat.voices import GROUPS
from drumatlas.errors import AtlasError
from drumatlas.explore.density import Density
from drumatlas.explore.search import _RADII, _UNIT, NEAR, Places

unit = st.floats(0, 1, width=32)
coordinate = st.floats(-60, 60, width=32)


def test_directions_are_unit_vectors_to_all_sides() -> None:
    assert _UNIT.shape == (64, 4)
    assert np.linalg.norm(_UNIT, axis=1) == pytest.approx(np.ones(64))
    assert np.abs(_UNIT.mean(axis=0)).max() < 0.1


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(coordinate, coordinate, coordinate, coordinate),
    unit,
    st.tuples(*[unit] * len(GROUPS)) | st.just((0.5,) * len(GROUPS)),
    st.booleans(),
)
def test_every_place_always_gives_the_same_passing_beat(
    places: Places,
    point: tuple[float, ...],
    overall: float,
    groups: tuple[float, ...],
    novelty: bool,
) -> None:
    z, density = np.array(point, np.float32), Density(overall, groups)
    place = places.at(z, density, novelty)
    again = places.at(z, density, novelty)
    assert place.code == again.code
    assert place.moved == again.moved
    assert places.filter.passes([place.code], novelty)[0]
    assert any(place.code)
    assert place.code == tuple(pack(place.hits).tolist())


def test_a_passing_place_plays_its_own_decode(places: Places, atlas: Atlas) -> None:
    z = atlas.points.z[atlas.points.origin == 1][:50]
    codes = pack(places.hits(z)[1])
    for point, code in zip(z, codes, strict=True):
        place = places.at(point)
        assert place.moved == 0
        assert place.code == tuple(code.tolist())


def test_most_failing_places_find_one_near(places: Places, atlas: Atlas) -> None:
    rng = np.random.default_rng(1)
    z = atlas.latent.centre + atlas.latent.reach * rng.standard_normal((500, 4))
    moved = np.array([places.at(point.astype(np.float32)).moved for point in z])
    assert (moved <= 0.65 + 1e-5).mean() > 0.99


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), unit)
def test_the_density_knob_never_leaves_the_place(places: Places, seed: int, overall: float) -> None:
    z = np.random.default_rng(seed).normal(0, 1.5, 4).astype(np.float32)
    natural, place = places.at(z), places.at(z, Density(overall))
    assert np.array_equal(place.z, natural.z)
    more, less = (place, natural) if overall > 0.5 else (natural, place)
    assert not (less.hits & ~more.hits).any()


def test_the_nearest_passing_beat_resembles_the_failing_one(places: Places, atlas: Atlas) -> None:
    """On average it is nearer to the beat that does not pass than the nearest point's beat is."""
    rng = np.random.default_rng(2)
    taken, nearest = [], []
    for z in (atlas.latent.centre + atlas.latent.reach * rng.normal(0, 1, (400, 4))).astype(
        np.float32
    ):
        own = pack(places.hits(z[None])[1])
        place = places.at(z)
        if place.moved == 0 or place.moved > NEAR:
            continue
        around = (z + atlas.latent.reach * _UNIT * _RADII[:, None] * NEAR).astype(np.float32)
        codes = pack(places.hits(around)[1])
        first = codes[np.flatnonzero(places.filter.passes(codes))[0]]
        taken.append(np.bitwise_count(np.array(place.code, np.uint16) ^ own).sum())
        nearest.append(np.bitwise_count(first ^ own).sum())
    assert len(taken) > 20
    assert np.mean(taken) < np.mean(nearest)


def test_training_beats_are_barred_unless_allowed(places: Places, atlas: Atlas) -> None:
    z = atlas.points.z[atlas.points.origin == GENERATED][0]  # a beat of its own that passes
    own = places.at(z)
    barring = Places(
        replace(atlas, known=np.append(atlas.known, np.uint64(rotation_hash(own.code))))
    )
    assert barring.at(z).code != own.code
    assert barring.at(z, novelty=False).code == own.code


def test_an_atlas_where_nothing_passes_is_refused(atlas: Atlas) -> None:
    mute = replace(atlas, decode=lambda z: np.zeros((len(z), 32, 14), np.float32))
    with pytest.raises(AtlasError, match="none of its beats passes"):
        Places(mute)
