import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import ConfigError
from drumatlas.panel.conditioning import (
    COUNT,
    Calibration,
    Conditioner,
    Hysteresis,
    OneEuro,
    parse_calibration,
)

TICK_NS = 10_000_000
SHARES = st.floats(0, 1)


def settle(conditioner: Conditioner, reading: float, start: int = 0) -> float:
    for tick in range(start, start + 300):
        value = conditioner(reading, tick * TICK_NS)
    return value


def of_counts(count: float) -> float:
    return min(max(round(count), 0), 1023) * COUNT


@pytest.mark.parametrize("place", [0, 3, 200, 511, 900, 1020, 1023])
@pytest.mark.parametrize("curve", [None, 1.5])
def test_ten_minutes_of_noise_at_rest_change_nothing(place: int, curve: float | None) -> None:
    """Ten minutes at 100 Hz; the noise is uniform, +-4 counts of 1023."""
    rng = random.Random(place)
    conditioner = Conditioner(Calibration(), curve)
    values = {
        conditioner(of_counts(place + rng.uniform(-4, 4)), tick * TICK_NS)
        for tick in range(10 * 60 * 100)
    }
    assert len(values) == 1


@pytest.mark.parametrize("seed", range(5))
def test_two_seconds_after_a_turn_noise_changes_nothing_any_more(seed: int) -> None:
    rng = random.Random(seed)
    conditioner = Conditioner(Calibration())
    start, end = rng.uniform(0, 1023), rng.uniform(0, 1023)
    values = []
    for tick in range(2 * 60 * 100):
        place = start + (end - start) * min(tick / 100, 1)
        values.append(conditioner(of_counts(place + rng.uniform(-4, 4)), tick * TICK_NS))
    assert len(set(values[300:])) == 1
    assert values[-1] == pytest.approx(Calibration().pot(end / 1023), abs=0.02)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=200), st.integers(4, 1019))
def test_no_noise_of_that_size_changes_anything_however_it_runs(
    noise: list[int], place: int
) -> None:
    conditioner = Conditioner(Calibration())
    assert (
        len({conditioner((place + n) * COUNT, t * TICK_NS) for t, n in enumerate(noise * 5)}) == 1
    )


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (1.0, 0.0)])
def test_a_full_turn_is_seen_within_20_ms(start: float, end: float) -> None:
    conditioner = Conditioner(Calibration())
    assert settle(conditioner, start) == start
    seen = [conditioner(end, (300 + i) * TICK_NS) for i in range(3)]
    assert abs(seen[0] - start) > 0.3
    assert abs(seen[2] - start) > 0.8


@given(SHARES, SHARES)
def test_both_ends_and_the_middle_are_reached(low: float, high: float) -> None:
    if abs(high - low) < 0.2:
        return
    calibration = Calibration(low, high, (low + high) / 2, 0.002)
    conditioner = Conditioner(calibration)
    assert settle(conditioner, low) == 0.0
    assert settle(conditioner, high, 300) == 1.0
    stick = Conditioner(calibration, 2.0)
    assert settle(stick, low) == 0.0
    assert settle(stick, calibration.centre, 300) == 0.5
    assert settle(stick, high, 600) == 1.0


def test_a_slow_turn_has_no_steps_and_no_way_back() -> None:
    conditioner = Conditioner(Calibration())
    values = [conditioner(of_counts(i / 10), i * TICK_NS) for i in range(10231)]
    assert all(0 <= b - a < 0.006 for a, b in pairwise(values))
    assert len(set(values)) > 500


@given(st.lists(st.tuples(SHARES, st.integers(0, 10**9)), min_size=1))
def test_the_smoothed_value_never_leaves_what_was_read(readings: list[tuple[float, int]]) -> None:
    smooth, at_ns = OneEuro(), 0
    for i, (x, gap_ns) in enumerate(readings):
        at_ns += gap_ns
        seen = [x for x, _ in readings[: i + 1]]
        assert min(seen) - 1e-9 <= smooth(x, at_ns) <= max(seen) + 1e-9


@given(st.lists(SHARES, min_size=1), st.floats(0, 0.5), st.integers(1, 10**9))
def test_hysteresis_is_never_further_off_than_twice_its_width(
    xs: list[float], width: float, gap_ns: int
) -> None:
    hold = Hysteresis(width)
    assert all(abs(hold(x, i * gap_ns) - x) <= 2 * width + 1e-9 for i, x in enumerate(xs))


@given(
    st.lists(SHARES, min_size=1, max_size=30),
    st.floats(0, 1),
    st.lists(st.floats(-1, 1), min_size=1),
    st.floats(0.001, 0.1),
)
def test_after_any_turn_hysteresis_comes_to_rest_and_then_noise_changes_nothing(
    turn: list[float], place: float, noise: list[float], width: float
) -> None:
    hold = Hysteresis(width)
    inputs = [*turn, *[place] * 40]
    for i, x in enumerate(inputs):
        before = hold(x, i * TICK_NS)
    start = len(inputs)
    assert {
        hold(place + n * width * 0.999, (start + i) * TICK_NS) for i, n in enumerate(noise)
    } == {before}


@given(
    low=SHARES, high=SHARES, noise=st.floats(0, 0.01), xs=st.lists(SHARES), curve=st.floats(0.5, 4)
)
def test_any_calibration_is_refused_or_keeps_to_order_and_range(
    low: float, high: float, noise: float, xs: list[float], curve: float
) -> None:
    calibration = Calibration(low, high, (low + high) / 2, noise)
    try:
        calibration.check()
    except ConfigError:
        assert abs(high - low) < 0.05
        return
    xs.sort(reverse=low > high)
    for values in ([calibration.pot(x) for x in xs], [calibration.stick(x, curve) for x in xs]):
        assert all(0 <= v <= 1 for v in values)
        assert all(a <= b + 1e-9 for a, b in pairwise(values))


def test_calibration_survives_being_written() -> None:
    calibration = Calibration(0.0123, 0.9876, 0.4567, 0.0034)
    assert parse_calibration(str(calibration)) == calibration
    assert parse_calibration("") == Calibration()
    assert parse_calibration("high=0.6 low=1").centre == 0.8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("low=x", "low=x"),
        ("low=0 low=0", "low=0"),
        ("middle=0.5", "middle=0.5"),
        ("low=-1", "low=-1"),
        ("low=0.5 high=0.51", "apart"),
        ("centre=1", "between"),
        ("high=2", r"0\.\.1"),
        ("noise=0.5", "noise"),
    ],
)
def test_impossible_calibrations_are_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_calibration(text)
