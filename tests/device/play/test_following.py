import itertools

import pytest

from drumatlas.play.events import CLOCK, CONTINUE, START, STOP
from drumatlas.play.following import BRIDGE_TICKS
from drumatlas.play.sequencer import Sequencer
from playing import HATS, STEP, TICK, midi, ons, run, sequencer


def led(ticks: int, **settings: object) -> Sequencer:
    """A follower whose leader sent Start and then `ticks` clocks, the last one just now."""
    seq = sequencer(HATS, **settings)
    seq.follow(True)
    seq.arm(0)
    for tick in range(ticks):
        seq.hear_clock(tick, tick * TICK, TICK)
        seq.advance(tick * TICK)
    return seq


def test_start_waits_for_the_leaders_clock() -> None:
    seq = sequencer(HATS)
    seq.follow(True)
    seq.start()
    assert midi(run(seq, 5 * STEP)) == []
    seq.hear_clock(0, 5 * STEP, TICK)
    assert ons(seq.advance(5 * STEP)) == [5 * STEP]


@pytest.mark.parametrize(("is_continue", "message"), [(False, START), (True, CONTINUE)])
def test_thru_passes_on_what_the_leader_sends(is_continue: bool, message: bytes) -> None:
    seq = sequencer(HATS, thru=True)
    seq.follow(True)
    seq.hear_clock(-1, 0, TICK)  # while stopped, too
    seq.arm(12, is_continue)
    assert [data for _, data in midi(seq.advance(STEP))] == [message, CLOCK]


def test_the_tempo_is_the_leaders() -> None:
    seq = led(48)
    seq.set_tempo(200)
    seq.advance(48 * TICK)
    assert seq.bpm == pytest.approx(120)


def test_who_leads_hears_no_clock() -> None:
    seq = sequencer(HATS)
    seq.start()
    seq.hear_clock(50, STEP, TICK / 2)
    run(seq, 4 * STEP)
    assert seq.bpm == pytest.approx(120)


@pytest.mark.parametrize("hold", [True, False])
def test_a_dropout_is_bridged_for_a_beat(hold: bool) -> None:
    seq = led(48, hold=hold, thru=True)
    out = midi(run(seq, 48 * TICK + 10 * STEP, start_ns=47 * TICK))
    assert sum(data == CLOCK for _, data in out) == BRIDGE_TICKS
    assert seq.is_playing == hold
    assert (out[-1][1] == STOP) == (not hold)


def test_leading_again_goes_on_where_the_lost_clock_left_it() -> None:
    seq = led(48)
    run(seq, 48 * TICK + 10 * STEP, start_ns=47 * TICK)
    seq.follow(False)
    out = run(seq, 48 * TICK + 20 * STEP, start_ns=48 * TICK + 10 * STEP)
    assert seq.bpm == pytest.approx(120)
    gaps = [b - a for a, b in itertools.pairwise(ons(out))]
    assert len(gaps) > 5
    assert all(gap == pytest.approx(STEP, abs=10) for gap in gaps)


def test_what_was_missed_for_long_is_not_made_up_for() -> None:
    seq = led(48)
    seq.hear_clock(200, 48 * TICK, TICK)
    assert len(ons(run(seq, 48 * TICK + 4 * STEP, start_ns=47 * TICK))) <= 5
