import numpy as np
import pytest

from drumatlas.beat.codes import Grid, grids
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.score.baselines import BASELINES

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def train(rows: list[BeatRow]) -> Grid:
    return grids([row.code for row in rows])


def drawn(name: str, train: Grid, n: int = 120) -> Grid:
    result = BASELINES[name](train, n, np.random.default_rng(5))
    assert result.shape == (n, 32, 14)
    assert result.dtype == bool
    assert (result == BASELINES[name](train, n, np.random.default_rng(5))).all()
    return result


def least(one: Grid, train: Grid) -> int:
    """Cells to the nearest training beat, not turned."""
    return int((one != train).sum(axis=(1, 2)).min())


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_leaves_the_training_beats_alone(train: Grid, name: str) -> None:
    before = train.copy()
    drawn(name, train)
    drawn(name, train[:7])  # fewer than are asked for
    assert (train == before).all()


def test_copies_and_flips_are_as_far_as_they_say(train: Grid) -> None:
    assert {least(one, train) for one in drawn("training copies", train)} == {0}
    assert max(least(one, train) for one in drawn("three flips", train)) == 3


def test_noise_keeps_the_density_of_each_voice(train: Grid) -> None:
    noise = drawn("independent noise", train, 3000)
    assert np.abs(noise.mean(axis=(0, 1)) - train.mean(axis=(0, 1))).max() < 0.01


def test_shuffled_beats_keep_their_steps(train: Grid) -> None:
    bags = {tuple(sorted(map(tuple, one.tolist()))) for one in train}
    shuffled = drawn("shuffled steps", train)
    assert all(tuple(sorted(map(tuple, one.tolist()))) in bags for one in shuffled)
    assert np.mean([least(one, train) for one in shuffled]) > 3


def test_joined_beats_are_of_two(train: Grid) -> None:
    for one in drawn("bars of two beats", train):
        assert least(one[:16], train[:, :16]) == least(one[16:], train[:, 16:]) == 0
    for one in drawn("kick of another", train):
        assert least(one[:, :1], train[:, :, :1]) == least(one[:, 1:], train[:, :, 1:]) == 0
