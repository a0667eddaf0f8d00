import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.dice import Dice

seeds = st.integers(0, 2**64)


@given(seeds, st.integers(0, 40))
def test_draws_are_those_of_numpys_frozen_stream(seed: int, n: int) -> None:
    dice, numpys = Dice(seed), np.random.RandomState(seed % 2**32)
    assert dice.uniform(-1, 1, n) == numpys.uniform(-1, 1, n).tolist()
    assert dice.normal(n) == numpys.standard_normal(n).tolist()
    assert dice.uniform(0, 2 * np.pi, 4) == numpys.uniform(0, 2 * np.pi, 4).tolist()
    assert dice.normal(3) == numpys.standard_normal(3).tolist()


def test_each_dice_goes_its_own_way() -> None:
    a, b = Dice(1), Dice(1)
    a.normal(1000)
    assert Dice(2).uniform(0, 1, 4) != (first := b.uniform(0, 1, 4))
    assert Dice(1).uniform(0, 1, 4) == first
    assert np.mean(Dice(7).normal(5000)) == pytest.approx(0, abs=0.05)
