import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Groove
from drumatlas.explore.groove import CERTAINTY_SPREAD, played_velocities, surroundings, timing_of
from drumatlas.explore.velocity import velocities

HALF = np.full(14, 0.5, np.float32)


def groove_of(loud: float = 60.0, near: dict[int, float] | None = None) -> Groove:
    weights = np.zeros((10, 14), np.float32)
    for row, value in (near or {}).items():
        weights[row] = value
    late = np.arange(16 * 14, dtype=np.float32).reshape(16, 14) / 100
    return Groove(np.full((16, 14), loud, np.float32), weights, late, np.full(14, 3, np.float32))


@given(st.integers(0, 2**32 - 1))
def test_surroundings_match_their_description(seed: int) -> None:
    hits = np.random.default_rng(seed).random((2, 32, 14)) < 0.2
    found = surroundings(hits)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        n, step, voice = rng.integers(2), rng.integers(32), rng.integers(14)
        bar = slice(step // 16 * 16, step // 16 * 16 + 16)
        one = hits[n]
        assert found[n, step, voice].tolist() == [
            *(one[(step - lag) % 32, voice] for lag in (1, -1, 2, -2)),
            *(one[step, cue] for cue in (0, 1, 7)),
            one[step].sum() / 4,
            one[bar, voice].sum() / 16,
            np.float64(sum(one[bar, other].sum() / 16 for other in range(14))) / 2,
        ]


def test_each_feature_adds_its_weight() -> None:
    hits = np.zeros((32, 14), bool)
    hits[[0, 1, 8], 2] = True
    half = np.full(hits.shape, 0.5, np.float32)
    loud = played_velocities(groove_of(60, {0: -20, 1: 7}), hits, half)
    assert loud[[0, 1, 8], 2].tolist() == [67, 40, 60]
    sure = played_velocities(groove_of(60), hits, np.ones(hits.shape, np.float32))
    assert sure[0, 2] == 60 + CERTAINTY_SPREAD / 2


@given(st.floats(-500, 500, width=32), st.integers(0, 2**32 - 1))
def test_velocities_are_valid_for_any_groove(loud: float, seed: int) -> None:
    p = np.random.default_rng(seed).random((3, 32, 14)).astype(np.float32)
    hits = p > HALF
    found = velocities(p, hits, HALF, 0.7, groove_of(loud, {3: -200, 6: 200}))
    assert ((found >= 1) == hits).all()
    assert found.max(initial=0) <= 127


def test_the_timing_is_in_nanoseconds() -> None:
    found = timing_of(groove_of())
    assert (len(found.late_ns), len(found.late_ns[0]), len(found.spread_ns)) == (16, 14, 14)
    assert found.late_ns[1][2] == 160_000
    assert found.spread_ns[13] == 3_000_000
