from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drumatlas.beat.codes import Grid, grids, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.measures import (
    diversity,
    f1,
    f1_by_search,
    nearest_distance,
    pass_scores,
    smoothness,
)
from drumatlas_export.space import Space

pytestmark = pytest.mark.export

Floats = NDArray[np.float32]


def beats(rng: np.random.Generator, n: int) -> Grid:
    """Random grids, of random density each."""
    grid: Grid = rng.random((n, 32, 14)) < rng.random((n, 1, 1))
    return grid


def brute_force(beat: Grid, others: Grid) -> int:
    """The least number of cells that differ, over all others and all rotations."""
    return min(
        int((np.roll(beat, shift, axis=0) != other).sum())
        for other in others
        for shift in range(32)
    )


@given(seed=st.integers(0, 999), n=st.integers(0, 4), m=st.integers(1, 4))
def test_nearest_distance_by_brute_force(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    some, others = beats(rng, n), beats(rng, m)
    found = nearest_distance(some, others)
    assert found.dtype == np.int64
    assert found.tolist() == [brute_force(beat, others) for beat in some]


def test_nearest_distance_of_more_beats_than_a_chunk() -> None:
    rng = np.random.default_rng(0)
    some, others = beats(rng, 150), beats(rng, 3)
    assert nearest_distance(some, others).tolist() == [brute_force(one, others) for one in some]


@given(seed=st.integers(0, 999), shift=st.integers(0, 31), cells=st.integers(0, 5))
def test_a_rotated_beat_is_as_far_as_what_was_changed(seed: int, shift: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    beat = rng.random((1, 32, 14)) < 0.5  # so full that no other rotation is near
    other = np.roll(beat, shift, axis=1)
    other.reshape(-1)[rng.permutation(448)[:cells]] ^= True
    assert nearest_distance(beat, other).tolist() == [cells]


def test_diversity_is_the_mean_distance_of_rotated_pairs() -> None:
    one = np.zeros((1, 32, 14), bool)
    one[0, 0, :6] = True
    other = np.zeros((1, 32, 14), bool)
    other[0, 5, 6:10] = True
    assert diversity(np.repeat(one, 8, axis=0), 0) == 0
    assert diversity(np.concatenate([one, np.roll(one, 3, axis=1)]), 0) == 0
    assert diversity(np.concatenate([one, other]), 0) == 10
    # Two of the three are drawn.
    assert diversity(np.concatenate([one, one, other]), 0) in {0, 10}


def test_pass_scores_count_empty_lively_passing_and_distinct_beats() -> None:
    lively = tuple(range(1, 33))
    known = tuple(range(101, 133))
    codes = [lively, lively[5:] + lively[:5], known[9:] + known[:9], (0,) * 32, (1, 0) * 16]
    scores = pass_scores(grids(codes), BeatFilter([rotation_hash(known)]))
    assert scores == {"empty": 0.2, "lively": 0.6, "pass": 0.4, "distinct": 0.5}


def test_silence_has_no_passing_beat() -> None:
    scores = pass_scores(np.zeros((4, 32, 14), bool), BeatFilter())
    assert scores == {"empty": 1, "lively": 0, "pass": 0, "distinct": 0}


@pytest.fixture
def echo() -> Space:
    """A space that keeps a beat's first four cells; z is unbounded, each of them hits above 0.5."""

    def encode(x: Floats) -> Floats:
        return x.reshape(len(x), -1)[:, :4]

    def decode(z: Floats) -> Floats:
        p = np.zeros((len(z), 448), np.float32)
        p[:, :4] = z
        return p.reshape(-1, 32, 14)

    four = np.zeros(4, np.float32)
    half = np.full(14, 0.5, np.float32)
    return Space("echo", four, four + 1, half, np.zeros(0, np.uint64), {}, decode, encode)


def test_f1_weighs_every_hit_alike(echo: Space) -> None:
    beat = np.zeros((2, 448), bool)
    beat[0, :4] = True  # kept whole
    beat[1, 2:6] = True  # half of it kept
    assert f1(echo, beat[:1].reshape(-1, 32, 14)) == 1
    assert f1(echo, beat[1:].reshape(-1, 32, 14)) == pytest.approx(2 * 2 / (2 + 4))
    assert f1(echo, beat.reshape(-1, 32, 14)) == pytest.approx(2 * 6 / (6 + 8))


def test_f1_of_nothing_is_no_error(echo: Space) -> None:
    assert f1(echo, np.zeros((1, 32, 14), bool)) == 0


def test_f1_goes_by_the_thresholds(echo: Space) -> None:
    beat = np.zeros((1, 448), bool)
    beat[0, :4] = True
    strict = replace(echo, thresholds=np.array([0.5, 0.5, 1.0, 1.0, *[0.5] * 10], np.float32))
    assert f1(strict, beat.reshape(-1, 32, 14)) == pytest.approx(2 * 2 / (2 + 4))


def test_f1_by_search_is_that_of_the_place_found(echo: Space) -> None:
    """An encoder that misses by 0.6 on one axis: the search reaches the other side of 0.5."""

    def encode(x: Floats) -> Floats:
        z: Floats = x.reshape(len(x), -1)[:, :4] * np.array([1, 1, 1, 0.4], np.float32)
        return z

    beat = np.zeros((1, 448), bool)
    beat[0, :4] = True
    beats = beat.reshape(-1, 32, 14)
    short = replace(echo, encode=encode)
    assert f1(short, beats) == pytest.approx(2 * 3 / (3 + 4))
    assert f1_by_search(short, beats) == 1
    far = replace(short, reach=np.full(4, 0.01, np.float32))  # the other side is out of its range
    assert f1_by_search(far, beats) == f1(far, beats)


def test_smoothness_of_a_space_where_nothing_changes(echo: Space) -> None:
    still = replace(echo, thresholds=np.full(14, 99, np.float32))
    assert smoothness(still, 200, 1) == {"mean": 0, "median": 0, "p99": 0, "dead": 1}


def moves_of(space: Space, n: int) -> tuple[Floats, Floats]:
    """The places [n, 4] that smoothness() asks `space` about, and the moves from there."""
    asked: list[Floats] = []

    def decode(z: Floats) -> Floats:
        asked.append(z)
        return space.decode(z)

    smoothness(replace(space, decode=decode), n, 1)
    z, moved = asked
    return z, moved - z


def test_a_small_move_is_a_twentieth_of_a_knobs_way(echo: Space) -> None:
    z, moves = moves_of(replace(echo, reach=np.array([1, 2, 3, 4], np.float32)), 1000)
    assert (z.std(axis=0) / [1, 2, 3, 4]).tolist() == pytest.approx([1] * 4, abs=0.1)
    # A way goes from -2 to 2 deviations.
    assert np.linalg.norm(moves / [1, 2, 3, 4], axis=1) == pytest.approx(0.05 * 4, rel=1e-4)


def test_moves_go_in_all_directions(echo: Space) -> None:
    z, moves = moves_of(echo, 1000)
    outward = (z * moves).sum(axis=1) / np.linalg.norm(z, axis=1) / np.linalg.norm(moves, axis=1)
    assert outward.mean() == pytest.approx(0, abs=0.1)


def test_smoothness_counts_the_cells_that_a_small_move_changes(echo: Space) -> None:
    # A move of 0.2 deviations goes 0.085 along each axis on average (4 / 3 pi of it), over a
    # threshold at 0.5 where the normal density is 0.352.
    assert smoothness(echo, 4000, 1)["mean"] == pytest.approx(4 * 0.352 * 0.085, rel=0.1)


def test_smoothness_gives_the_spread_of_the_changes(echo: Space) -> None:
    scores = smoothness(echo, 4000, 1)
    assert 0.05 < scores["mean"] < 0.2
    assert scores["dead"] == pytest.approx(1 - scores["mean"], abs=0.02)
    assert (scores["median"], scores["p99"]) == (0, 1)
    assert smoothness(echo, 4000, 1) == scores
