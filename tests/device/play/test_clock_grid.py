from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drumatlas.play.clock_grid import MIN_CLOCKS, Survey, survey
from drumatlas.play.timeline import ns_per_tick

MS = 1_000_000
BPM = st.floats(20, 300)
SEED = st.integers(0, 2**32 - 1)
LATER = 10**14  # a machine that has been up for a day


def look(times: NDArray[Any]) -> Survey:
    return survey(np.round(times + LATER).astype(np.int64))


def steady(bpm: float, n: int, jitter: float = 0, seed: int = 0) -> NDArray[np.float64]:
    """Arrivals that are off by up to `jitter` periods to each side."""
    away = np.random.default_rng(seed).uniform(-jitter, jitter, n)
    times: NDArray[np.float64] = (np.arange(n) + away) * ns_per_tick(bpm)
    return times


@given(BPM, st.integers(48, 3000), st.sampled_from([0, 0.01, 0.25]), SEED)
def test_a_steady_clock_is_one_grid_with_its_jitter(
    bpm: float, n: int, jitter: float, seed: int
) -> None:
    times = steady(bpm, n, jitter, seed)
    found = look(times)
    assert (found.missing, found.pauses, found.tempo_changes) == (0, 0, 0)
    (grid,) = found.grids
    assert grid.clocks == n
    assert grid.bpm == pytest.approx(bpm, rel=4 * jitter / n + 1e-6)
    line = np.polynomial.Polynomial.fit(np.arange(n), times, 1)
    assert grid.phase_us == pytest.approx(abs(times - line(np.arange(n))) / 1000, abs=0.1)
    period = ns_per_tick(grid.bpm)
    assert grid.interval_us == pytest.approx(abs(np.diff(times) - period) / 1000, abs=0.1)


@given(BPM, st.integers(200, 3000), st.sampled_from([0, 0.01, 0.2]), SEED, st.data())
def test_lost_and_doubled_clocks_are_counted(
    bpm: float, n: int, jitter: float, seed: int, data: st.DataObject
) -> None:
    times = steady(bpm, n, jitter, seed)
    inner = st.integers(1, n - 2)
    lost = data.draw(st.sets(inner, max_size=n // 40))
    # Two at once after a hole are taken for the lost one come late.
    doubled = data.draw(st.sets(inner, max_size=n // 40)) - lost - {i + 1 for i in lost}
    twice = times[sorted(doubled)] + 0.02 * ns_per_tick(bpm)
    sent = np.sort(np.append(np.delete(times, sorted(lost)), twice))
    found = look(sent)
    assert found.missing == len(lost)
    assert found.bunched == len(doubled)
    (grid,) = found.grids
    assert grid.clocks == n - len(lost)
    assert grid.bpm == pytest.approx(bpm, rel=0.01)
    assert grid.phase_us.max() <= (2 * jitter + 0.02) * ns_per_tick(bpm) / 1000


@given(BPM)
def test_a_clock_that_comes_twice_every_time_is_not_twice_as_fast(bpm: float) -> None:
    times = np.repeat(steady(bpm, 200), 2)
    times[1::2] += 300_000
    found = look(times)
    assert found.bunched == 200
    assert found.missing == 0
    assert found.grids[0].bpm == pytest.approx(bpm, rel=1e-6)


@given(BPM, st.integers(2, 20), st.floats(0.05, 0.4))
def test_clocks_that_come_late_and_at_once_are_late_not_missing(
    bpm: float, stuck: int, over: float
) -> None:
    period = ns_per_tick(bpm)
    times = steady(bpm, 1000)
    free = times[500 + stuck - 1] + over * period
    times[500 : 500 + stuck] = free
    found = look(times)
    assert (found.missing, found.pauses, found.tempo_changes) == (0, 0, 0)
    assert found.bunched == stuck - 1
    (grid,) = found.grids
    assert grid.clocks == 1000
    assert grid.phase_us.max() == pytest.approx((stuck - 1 + over) * period / 1000, rel=0.15)


@pytest.mark.parametrize(
    "gaps",  # ms, as recorded: a machine that stalled, and what it caught up with
    [
        [21.2, 20.7, 20.7, 70.2, 0.1, 5.4, 7.9, 20.7, 21.3],
        [20.6, 21.0, 20.9, 76.3, 0.5, 0.0, 7.1, 20.2, 21.0],
        [20.9, 21.2, 20.4, 59.7, 0.6, 2.5, 20.9, 21.5, 20.0],
    ],
)
def test_a_stall_that_is_caught_up_with_loses_nothing(gaps: list[float]) -> None:
    around = [20.83] * 60
    times = np.cumsum([*around, *gaps, *around]) * MS
    found = look(times)
    assert found.missing == 0
    (grid,) = found.grids
    assert grid.clocks == len(times)


@given(BPM, st.integers(60, 200), st.floats(1.1, 12), SEED)
def test_clocks_that_catch_up_with_a_stall_are_all_there(
    bpm: float, n: int, stall: float, seed: int
) -> None:
    """Clocks that were due in a stall of some periods follow quickly, one after the other."""
    due = np.arange(float(n))
    draw = np.random.default_rng(seed)
    end = 20 + stall
    late = np.cumsum(draw.uniform(0, 0.3, n))
    is_held = (due >= 20) & (due < end)
    come = np.where(is_held, end + late - late[20], due)
    come = np.maximum.accumulate(come)
    found = look(come * ns_per_tick(bpm))
    assert found.missing == 0


@given(st.lists(st.floats(20, 300), min_size=2, max_size=6), st.floats(0, 0.05), SEED)
def test_each_tempo_has_its_grid(tempi: list[float], jitter: float, seed: int) -> None:
    for old, new in pairwise(tempi):
        assume(abs(np.log(new / old)) > 0.2)
    periods = np.repeat([ns_per_tick(bpm) for bpm in tempi], 150)
    times = np.append(0, np.cumsum(periods))
    shorter = np.minimum(np.append(periods, periods[-1]), np.append(periods[0], periods))
    times += shorter * np.random.default_rng(seed).uniform(-jitter, jitter, len(times))
    found = look(times)
    assert found.tempo_changes == len(tempi) - 1
    assert found.missing == 0
    assert [grid.bpm for grid in found.grids] == pytest.approx(tempi, rel=0.02)


@given(BPM, BPM, st.floats(25, 1e5))
def test_a_silence_of_more_than_a_beat_is_a_pause(
    before: float, after: float, beats: float
) -> None:
    assume(abs(np.log(before / after)) < 1)
    first = steady(before, 100)
    gap = beats * max(ns_per_tick(before), ns_per_tick(after))
    found = look(np.append(first, first[-1] + gap + steady(after, 100)))
    assert (found.pauses, found.missing, found.tempo_changes) == (1, 0, 0)
    assert [grid.bpm for grid in found.grids] == pytest.approx([before, after], rel=1e-6)
    assert max(grid.phase_us.max() for grid in found.grids) < 1


@given(st.lists(st.integers(0, 50 * MS) | st.sampled_from([0, 1, 10**12]), max_size=300))
def test_whatever_comes_is_measured(intervals: list[int]) -> None:
    times = np.cumsum([LATER, *intervals])
    found = survey(times)
    assert found.missing >= 0
    assert found.bunched <= len(intervals)
    # Neighbours share the clock between two tempi.
    assert sum(grid.clocks for grid in found.grids) <= len(times) + found.tempo_changes
    for grid in found.grids:
        assert grid.clocks >= MIN_CLOCKS
        assert np.isfinite([grid.bpm, grid.phase_us.max(), grid.interval_us.max()]).all()


def test_time_that_runs_back_and_too_few_clocks_are_no_error() -> None:
    assert survey(np.array([], np.int64)) == survey(np.array([5], np.int64)) == Survey()
    assert survey(np.array([50, 40, 30] * 20, np.int64)).grids == ()
    assert survey(np.full(6000, LATER)).bunched == 5999


@pytest.mark.parametrize("bpm", [150, 210, 250, 268, 300])
def test_a_raster_of_a_third_of_a_period_is_jitter_and_nothing_else(bpm: float) -> None:
    raster = 128 / 48000 * 1e9  # a sound card's
    found = look(np.round(steady(bpm, 2000) / raster) * raster)
    assert (found.missing, found.tempo_changes, len(found.grids)) == (0, 0, 1)
    assert found.grids[0].bpm == pytest.approx(bpm, rel=1e-4)
    assert found.grids[0].phase_us.max() == pytest.approx(raster / 2000, rel=0.1)


@given(st.floats(40, 240), st.floats(0.8, 1.25), SEED)
def test_a_tempo_that_moves_slowly_loses_nothing(bpm: float, factor: float, seed: int) -> None:
    periods = ns_per_tick(bpm) * np.geomspace(1, factor, 3000)
    away = np.random.default_rng(seed).uniform(-0.1, 0.1, 3000)
    found = look(np.cumsum(periods) + away * periods)
    assert (found.missing, found.bunched, found.tempo_changes) == (0, 0, 0)
