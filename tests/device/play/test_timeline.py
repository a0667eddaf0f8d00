import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.play.timeline import BAR_TICKS, CYCLE_TICKS, STEP_TICKS, Timeline, ns_per_tick

bpm = st.floats(20, 300)
times = st.integers(0, 10**12)
lines = st.builds(Timeline, times, st.integers(-1000, 10**6), bpm.map(ns_per_tick))


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
    line = line.change_tempo(tick, ns_per_tick(after))
    assert line.time_of(tick) == at_ns
    assert line.tick_at(at_ns) == tick
    assert line.time_of(tick + 24) - at_ns == pytest.approx(60e9 / after, abs=1)


@given(lines, times)
def test_the_same_line_with_another_anchor(line: Timeline, at_ns: int) -> None:
    other = line.anchored_at(at_ns)
    assert (other.anchor_ns, other.anchor_tick) == (at_ns, line.tick_at(at_ns))
    assert other.tick_at(line.anchor_ns) == pytest.approx(line.anchor_tick, abs=1e-6)


@given(lines, times, st.integers(-(10**12), 10**12), st.integers(-(10**6), 10**6))
def test_a_line_that_is_moved_stays_as_steep(
    line: Timeline, at_ns: int, by_ns: int, by_ticks: int
) -> None:
    assert line.delayed(by_ns).tick_at(at_ns + by_ns) == line.tick_at(at_ns)
    moved = line.renumbered(by_ticks)
    assert moved.tick_at(at_ns) == pytest.approx(line.tick_at(at_ns) + by_ticks, abs=1e-6)
    tick = round(line.tick_at(at_ns))
    assert moved.time_of(tick + by_ticks) == line.time_of(tick)


@given(lines, bpm, st.integers(0, 10**6))
def test_another_tempo_from_the_anchor_on(line: Timeline, tempo: float, ticks: int) -> None:
    other = line.with_tempo(ns_per_tick(tempo))
    assert other.time_of(int(line.anchor_tick)) == line.anchor_ns
    since_ns = other.time_of(int(line.anchor_tick) + ticks) - line.anchor_ns
    assert since_ns == pytest.approx(ticks * ns_per_tick(tempo), abs=1)
