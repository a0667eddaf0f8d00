import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.voices import GROUPS
from drumatlas.explore.controls import DEFAULTS
from drumatlas.explore.shape import Density, thresholds_at, velocities

NATURAL = np.linspace(0.1, 0.9, 14, dtype=np.float32)
unit = st.floats(0, 1, width=32)


def test_natural_density_is_the_atlas_own() -> None:
    assert np.array_equal(thresholds_at(NATURAL, Density()), NATURAL)


@given(unit, unit)
def test_more_density_lowers_every_threshold(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert (thresholds_at(NATURAL, Density(high)) <= thresholds_at(NATURAL, Density(low))).all()


@given(unit)
def test_thresholds_stay_between_0_and_1(value: float) -> None:
    t = thresholds_at(NATURAL, Density(value, (value,) * len(GROUPS)))
    assert ((t > 0) & (t < 1)).all()


def test_a_group_moves_its_own_voices_only() -> None:
    groups = tuple(0.8 if group == "hats" else 0.5 for group in GROUPS)
    changed = thresholds_at(NATURAL, Density(0.5, groups)) != NATURAL
    assert np.flatnonzero(changed).tolist() == [2, 5]


def test_density_of_controls_and_back_to_natural() -> None:
    values = DEFAULTS | {"density": 0.9, "density.toms": 0.1}
    density = Density.of_controls(values)
    assert density.overall == 0.9
    assert density.groups[GROUPS.index("toms")] == 0.1
    assert density.towards_natural(1) == Density()
    assert density.towards_natural(0) == density


@given(st.integers(0, 2**32 - 1))
def test_velocities_are_midi_and_only_where_hits_are(seed: int) -> None:
    p = np.random.default_rng(seed).random((32, 14)).astype(np.float32)
    hits = p > NATURAL
    v = velocities(p, hits, NATURAL)
    assert ((v > 0) == hits).all()
    assert v.max() <= 127


def test_surer_and_heavier_is_louder() -> None:
    hits = np.ones((32, 14), bool)
    sure = velocities(np.full((32, 14), 0.99, np.float32), hits, NATURAL)
    unsure = velocities(np.full((32, 14), 0.91, np.float32), hits, NATURAL)
    assert (sure >= unsure).all()
    assert sure[0, 0] > sure[8, 0] > sure[4, 0] > sure[2, 0] > sure[1, 0]
    assert sure[4, 1] == sure[0, 1] > sure[8, 1]  # the snare's backbeat
    assert sure[0, 0] == pytest.approx(126, abs=1)
