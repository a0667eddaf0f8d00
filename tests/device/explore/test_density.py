import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import pack
from drumatlas.beat.voices import GROUPS
from drumatlas.explore.controls import DEFAULTS
from drumatlas.explore.density import (
    MAX_HITS,
    MIN_HITS,
    Density,
    hits_at,
    thresholds_of_groups,
)
from drumatlas.explore.filters import MIN_ENTROPY, entropy
from support.decoded import probabilities

NATURAL = np.linspace(0.1, 0.9, 14, dtype=np.float32)
unit = st.floats(0, 1, width=32)
seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_natural_density_is_the_atlas_own(seed: int) -> None:
    p = probabilities(seed)
    hits, thresholds = hits_at(p, NATURAL, Density())
    assert np.array_equal(thresholds, NATURAL)
    assert np.array_equal(hits, p > NATURAL)


@given(seeds, unit, unit)
def test_more_density_keeps_every_hit(seed: int, a: float, b: float) -> None:
    p = probabilities(seed)
    low, high = (hits_at(p, NATURAL, Density(value))[0] for value in sorted((a, b)))
    assert not (low & ~high).any()


@given(seeds)
def test_the_ends_are_neither_bare_nor_a_wall(seed: int) -> None:
    p = probabilities(seed)
    natural = int((p > NATURAL).sum())
    thin, thick = (int(hits_at(p, NATURAL, Density(end))[0].sum()) for end in (0.0, 1.0))
    assert min(MIN_HITS, natural) <= thin <= natural <= thick <= max(MAX_HITS, natural)


@given(seeds)
def test_thinning_never_makes_a_lively_beat_dull(seed: int) -> None:
    p = probabilities(seed)
    codes = pack(np.stack([hits_at(p, NATURAL, Density(i / 40))[0] for i in range(21)]))
    if entropy(codes[-1:])[0] >= MIN_ENTROPY:
        assert (entropy(codes) >= MIN_ENTROPY).all()


@given(seeds)
def test_every_step_of_the_knob_adds_little(seed: int) -> None:
    p = probabilities(seed)
    hits = [int(hits_at(p, NATURAL, Density(i / 128))[0].sum()) for i in range(129)]
    assert max(np.diff(hits)) <= max(MAX_HITS, hits[64]) * 0.06 + 1


@given(seeds, unit, st.tuples(*[unit] * len(GROUPS)))
def test_hits_lie_above_their_thresholds(
    seed: int, overall: float, groups: tuple[float, ...]
) -> None:
    p = probabilities(seed)
    hits, thresholds = hits_at(p, NATURAL, Density(overall, groups))
    assert ((thresholds > 0) & (thresholds < 1)).all()
    clear = np.abs(p - thresholds) > 1e-5
    assert np.array_equal(hits[clear], (p > thresholds)[clear])


def test_a_group_moves_its_own_voices_only() -> None:
    groups = tuple(0.8 if group == "hats" else 0.5 for group in GROUPS)
    changed = thresholds_of_groups(NATURAL, groups) != NATURAL
    assert np.flatnonzero(changed).tolist() == [2, 5]


def test_density_of_controls_and_back_to_natural() -> None:
    values = DEFAULTS | {"density": 0.9, "density.toms": 0.1}
    density = Density.of_controls(values)
    assert density.overall == 0.9
    assert density.groups[GROUPS.index("toms")] == 0.1
    assert density.towards_natural(1) == Density()
    assert density.towards_natural(0) == density
