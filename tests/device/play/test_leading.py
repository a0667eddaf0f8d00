import itertools
from collections import Counter
from collections.abc import Callable
from math import ceil

import pytest

from drumatlas.play.events import CLOCK, CONTINUE, START, STOP, Event, TempoChange
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.timeline import STEP_TICKS
from support.playing import KICK, STEP, TICK, midi, ons, run, sequencer


def halted() -> Sequencer:
    """A sequencer at step 7 that was stopped after 6 steps."""
    seq = sequencer()
    seq.start()
    run(seq, 6 * STEP)
    seq.stop()
    seq.advance(7 * STEP)
    return seq


def test_start_then_clock_then_notes(check_stream: Callable[..., Counter[str]]) -> None:
    seq = sequencer()
    seq.start()
    out = run(seq, 10 * STEP)
    first = midi(out)[:3]
    assert first[0] == (0, START)
    assert first[1] == (START_LEAD_NS, CLOCK)
    assert first[2] == (START_LEAD_NS, bytes((0x99, KICK, 100)))
    check_stream(out, is_over=False)


def test_start_again_is_from_the_top() -> None:
    seq = halted()
    seq.start()
    out = run(seq, 9 * STEP, start_ns=7 * STEP)
    assert ons(out)[0] == 7 * STEP + START_LEAD_NS


def test_continue_goes_on_where_it_stopped() -> None:
    seq = halted()
    seq.resume()
    out = run(seq, 20 * STEP, start_ns=7 * STEP)
    assert midi(out)[0] == (7 * STEP, CONTINUE)
    # Stopped in step 5, 5 steps and some ticks in: the next kick is that of step 8.
    stopped = 6 * STEP - START_LEAD_NS
    left = 8 * STEP - ceil(stopped / (STEP / 6)) * STEP / 6
    assert ons(out)[0] == pytest.approx(7 * STEP + START_LEAD_NS + left, abs=3)


@pytest.mark.parametrize(("resume", "begins"), [(False, START), (True, CONTINUE)])
def test_the_play_button_starts_or_continues_as_set(resume: bool, begins: bytes) -> None:
    seq = sequencer(resume=resume)
    seq.toggle()
    assert midi(run(seq, 6 * STEP))[0] == (0, START)  # the first time there is nothing to continue
    seq.toggle()
    seq.advance(7 * STEP)
    stopped = seq.tick_at(7 * STEP)
    assert stopped > 5 * STEP_TICKS
    seq.toggle()
    assert midi(seq.advance(7 * STEP + 1))[0] == (7 * STEP, begins)
    began = stopped if resume else 0
    assert seq.tick_at(7 * STEP + START_LEAD_NS) == pytest.approx(began, abs=1e-3)


@pytest.mark.parametrize("was_playing", [False, True])
def test_locate_sends_song_position_and_goes_there(was_playing: bool) -> None:
    seq = sequencer()
    if was_playing:
        seq.start()
    run(seq, 6 * STEP)
    seq.locate(130)
    if not was_playing:
        seq.resume()
    out = midi(run(seq, 9 * STEP, start_ns=6 * STEP))
    wanted = [STOP] if was_playing else []
    transport = [data for _, data in out if data[0] in {0xF2, 0xFA, 0xFB, 0xFC}]
    assert transport == [*wanted, bytes((0xF2, 2, 1)), CONTINUE]
    # Step 130 is step 2 of a cycle: the next kick is two steps on.
    assert ons([Event(*one) for one in out])[0] == 6 * STEP + START_LEAD_NS + 2 * STEP


def test_a_tempo_change_keeps_the_phase_and_bunches_no_clocks(
    check_stream: Callable[..., Counter[str]],
) -> None:
    seq = sequencer(bpm=40.0)
    seq.start()
    out = run(seq, 1_000_000_000)
    seq.set_tempo(300)
    out += run(seq, 2_000_000_000, start_ns=1_000_000_000)
    seq.set_tempo(20)
    out += run(seq, 4_000_000_000, start_ns=2_000_000_000)
    check_stream(out, is_over=False)
    changes = [o for o in out if isinstance(o, TempoChange)]
    assert [round(60e9 / 24 / c.line.ns_per_tick) for c in changes] == [40, 300, 20]
    clocks = [t for t, d in midi(out) if d == CLOCK]
    for change in changes:
        assert change.at_ns in clocks


def test_tempo_is_clipped_and_may_be_set_while_stopped() -> None:
    seq = sequencer()
    seq.set_tempo(10_000)
    seq.advance(1)
    assert seq.bpm == pytest.approx(300)


def test_idle_clock_runs_on_evenly_through_start_and_stop() -> None:
    seq = sequencer(idle_clock=True)
    out = run(seq, 5 * STEP)
    seq.start()
    out += run(seq, 10 * STEP, start_ns=5 * STEP)
    seq.stop()
    out += run(seq, 15 * STEP, start_ns=10 * STEP)
    clocks = [t for t, d in midi(out) if d == CLOCK]
    assert len(clocks) == pytest.approx(15 * 6, abs=2)
    assert all(abs(b - a - TICK) <= 2 for a, b in itertools.pairwise(clocks))
    start = next(t for t, d in midi(out) if d == START)
    first = next(t for t in clocks if t > start)
    assert first - start >= 1_000_000
    assert ons(out)[0] == first
