import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.play.tap import BOUNCE_NS, PAUSE_NS, TapTempo

MS = 1_000_000


def tempos(taps_ms: list[float]) -> list[float | None]:
    """What each tap told; times in ms."""
    tempo = TapTempo()
    return [tempo.tap(round(at * MS)) for at in taps_ms]


def test_even_taps_give_their_tempo_from_the_second_on() -> None:
    first, *others = tempos([0, 400, 800, 1200, 1600])
    assert first is None
    assert others == [150.0] * 4


def test_after_a_pause_counting_restarts() -> None:
    pause = PAUSE_NS / MS
    assert tempos([0, 500, 1000, 1001 + pause, 1301 + pause])[2:] == [120.0, None, 200.0]
    assert tempos([0, pause]) == [None, 30.0]  # not a pause yet, and the slowest there is


@pytest.mark.parametrize("late", [1, 30, 59.9])
def test_a_bounce_is_no_tap(late: float) -> None:
    assert tempos([0, late, 500, 500 + late, 1000]) == [None, None, 120.0, None, 120.0]


def test_a_missed_tap_counts_as_two_beats() -> None:
    assert tempos([0, 500, 1000, 1500, 2500, 3000])[-2:] == [120.0, 120.0]


@pytest.mark.parametrize("extra", [1620, 1750, 1840])
def test_a_single_extra_hit_changes_nothing(extra: float) -> None:
    assert tempos([0, 500, 1000, 1500, extra, 2000, 2500])[-3:] == [None, 120.0, 120.0]


@pytest.mark.parametrize(
    ("at", "counts"), [(1875, True), (2125, True), (1825, False), (2175, False)]
)
def test_a_tap_counts_up_to_a_third_of_a_beat_off(at: float, counts: bool) -> None:
    off, good = tempos([0, 500, 1000, 1500, at, 2500])[-2:]
    assert (off is not None) == counts
    assert good == pytest.approx(120, rel=0.05 if counts else 0)


def test_half_the_pace_is_taken_at_the_second_gap() -> None:
    assert tempos([0, 500, 1000, 1500, 2500, 3500])[-2:] == [120.0, 60.0]


def test_double_the_pace_is_taken_at_the_third_gap() -> None:
    assert tempos([0, 500, 1000, 1500, 1750, 2000, 2250])[-3:] == [None, 120.0, 240.0]


@pytest.mark.parametrize(("gap", "bpm"), [(200, 300.0), (199, 60_000 / 398), (62, 60_000 / 248)])
def test_faster_than_the_transport_is_halved(gap: float, bpm: float) -> None:
    assert tempos([0, gap, 2 * gap])[-1] == pytest.approx(bpm)


@given(st.lists(st.integers(0, 3 * PAUSE_NS), max_size=60))
def test_whatever_is_tapped_the_tempo_is_one_the_transport_takes(gaps: list[int]) -> None:
    tempo, now = TapTempo(), 0
    for gap in gaps:
        now += gap
        bpm = tempo.tap(now)
        assert bpm is None or 20 <= bpm <= 300


@given(st.floats(40, 180), st.floats(40, 180), st.integers(0, 2**32))
def test_a_new_tempo_is_found_without_a_pause(before: float, after: float, seed: int) -> None:
    chance = random.Random(seed)
    at, taps = 0.0, []
    for gap in [60_000 / before] * 10 + [60_000 / after] * 10:
        at += gap
        taps.append(at + chance.uniform(-15, 15))
    last = tempos(taps)[-1]
    assert last == pytest.approx(after, rel=0.02)


# What befalls a beat, as what is hit (in beats behind it; a bounce in ms below
# 0): nothing at all, a bounce, a second hit before the next beat, or just the beat.
MISSED, GOOD = 0.0, 1.0
mishaps = st.lists(
    st.sampled_from([MISSED, GOOD]) | st.floats(-BOUNCE_NS / MS + 1, -1) | st.floats(0.3, 0.6),
    max_size=8,
)


@given(st.floats(40, 180), mishaps, st.integers(0, 2**32))
def test_jittered_taps_with_misses_and_doubles_give_the_tempo(
    bpm: float, mishaps: list[float], seed: int
) -> None:
    chance = random.Random(seed)
    beat_ms = 60_000 / bpm
    # Three good taps between two mishaps: every other tap missed is no mishap but a tempo.
    beats = [GOOD] * 8 + [what for mishap in mishaps for what in (mishap, GOOD, GOOD, GOOD)]
    taps: list[float] = []
    for number, what in enumerate(beats):
        at = number * beat_ms + chance.uniform(-15, 15) + 100
        if what != MISSED:
            taps.append(at)
        if what < 0:
            taps.append(at - what)
        elif MISSED < what < GOOD:
            taps.append(at + what * beat_ms)
    told = [tempo for tempo in tempos(taps) if tempo is not None]
    assert told[-1] == pytest.approx(bpm, rel=0.02)
