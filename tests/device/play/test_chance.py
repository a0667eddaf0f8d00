import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.play.chance import Chance


@given(st.integers(0, 2**40), st.integers(0, 10**9), st.integers(0, 31), st.integers(0, 13))
def test_chance_depends_on_seed_and_place_only(
    seed: int, cycle: int, step: int, voice: int
) -> None:
    value = Chance(seed).at(cycle, step, voice)
    assert -1 <= value <= 1
    assert value == Chance(seed).at(cycle, step, voice)


def test_chance_is_spread_evenly() -> None:
    chance = Chance(1)
    values = np.array(
        [chance.at(c, s, v, 1) for c in range(20) for s in range(32) for v in range(14)]
    )
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 3**-0.5) < 0.03


def test_pick_covers_all_choices_evenly() -> None:
    picks = np.bincount([Chance(5).pick(8, cycle) for cycle in range(800)], minlength=8)
    assert len(picks) == 8
    assert picks.min() > 40


def test_seeds_differ() -> None:
    assert [Chance(1).at(i) for i in range(9)] != [Chance(2).at(i) for i in range(9)]
