import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.play.clock_filter import ClockFilter
from drumatlas.play.timeline import ns_per_tick

MS = 1_000_000


@given(st.floats(30, 300), st.floats(30, 300))
def test_it_locks_to_a_steady_clock_within_two_beats(bpm: float, guess: float) -> None:
    loop = ClockFilter(ns_per_tick(guess))
    period = ns_per_tick(bpm)
    for i in range(48):
        loop.update(round(i * period))
    assert loop.is_locked
    assert loop.period_ns == pytest.approx(period, rel=1e-3)
    assert loop.update(round(48 * period)) == pytest.approx(48 * period, abs=0.1 * MS)


def test_it_smooths_jitter() -> None:
    chance = random.Random(3)
    loop = ClockFilter(ns_per_tick(100))
    period = ns_per_tick(120)
    errors = []
    for i in range(24 * 30):
        smooth = loop.update(round(i * period + chance.uniform(-3, 3) * MS))
        if i >= 48:
            errors.append(abs(smooth - i * period))
    errors.sort()
    assert errors[len(errors) // 2] < 0.7 * MS  # arrivals: 1.5 ms
    assert errors[-1] < 2.5 * MS


def test_a_new_tempo_is_taken_within_half_a_beat() -> None:
    loop = ClockFilter(ns_per_tick(120))
    now = 0.0
    for bpm in (120, 180, 70):
        for _ in range(60):
            loop.update(round(now))
            now += ns_per_tick(bpm)
    for _ in range(12):
        loop.update(round(now))
        now += ns_per_tick(140)
    assert loop.period_ns == pytest.approx(ns_per_tick(140), rel=0.01)


def test_lost_clocks_are_bridged() -> None:
    loop = ClockFilter(ns_per_tick(120))
    period = ns_per_tick(120)
    for i in range(48):
        loop.update(round(i * period))
    assert loop.update(round(60 * period), periods=13) == pytest.approx(60 * period, abs=MS / 100)
    assert loop.period_ns == pytest.approx(period, rel=1e-4)
