import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.play.timeline import BAR_TICKS, CYCLE_TICKS, STEP_TICKS, Timeline, ns_per_tick

bpm = st.floats(20, 300)


def test_a_step_a_bar_and_a_cycle_have_6_96_and_192_ticks() -> None:
    assert (STEP_TICKS, BAR_TICKS, CYCLE_TICKS) == (6, 96, 192)
    assert ns_per_tick(125) == 20_000_000


@given(bpm, st.integers(0, 10**12), st.integers(0, 10**7))
def test_the_timeline_does_not_drift(tempo: float, start_ns: int, tick: int) -> None:
    line = Timeline(start_ns, 0, ns_per_tick(tempo))
    exact = start_ns + tick * 60_000_000_000 / (tempo * 24)
    assert line.time_of(tick) == pytest.approx(exact, abs=16)  # float: 53 bits of 10**16 ns


@given(bpm, bpm, st.integers(0, 10**6))
def test_a_tempo_change_keeps_the_phase(before: float, after: float, tick: int) -> None:
    line = Timeline(1000, 0, ns_per_tick(before))
    at_ns = line.time_of(tick)
    line.change_tempo(tick, ns_per_tick(after))
    assert line.time_of(tick) == at_ns
    assert line.tick_at(at_ns) == tick
    assert line.time_of(tick + 24) - at_ns == pytest.approx(60e9 / after, abs=1)
