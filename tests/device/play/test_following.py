import itertools

import pytest

from drumatlas.play.clock_count import BRIDGE_TICKS
from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    SONG_POSITION,
    START,
    STOP,
    Event,
    Output,
    TempoChange,
)
from drumatlas.play.following import HeardClock
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import VoiceOut
from support.playing import HATS, STEP, TICK, midi, ons, run, sequencer
from support.recordings import hanging

PUSHED = tuple(VoiceOut(50 + voice, offset_ms=-100) for voice in range(14))


def led(ticks: int, **settings: object) -> Sequencer:
    """A follower whose leader sent Start and then `ticks` clocks, the last one just now."""
    seq = sequencer(HATS, **settings)
    seq.follow(True)
    seq.arm(0)
    for tick in range(ticks):
        seq.hear_clock(HeardClock(tick, tick * TICK, TICK))
        seq.advance(tick * TICK)
    return seq


def test_start_waits_for_the_leaders_clock() -> None:
    seq = sequencer(HATS)
    seq.follow(True)
    seq.start()
    assert midi(run(seq, 5 * STEP)) == []
    seq.hear_clock(HeardClock(0, 5 * STEP, TICK))
    assert ons(seq.advance(5 * STEP)) == [5 * STEP]


@pytest.mark.parametrize(("is_continue", "message"), [(False, START), (True, CONTINUE)])
def test_thru_passes_on_what_the_leader_sends(is_continue: bool, message: bytes) -> None:
    seq = sequencer(HATS, thru=True)
    seq.follow(True)
    seq.hear_clock(HeardClock(-1, 0, TICK))  # while stopped, too
    seq.arm(12, is_continue)
    assert [data for _, data in midi(seq.advance(STEP))] == [message, CLOCK]


def test_the_tempo_is_the_leaders() -> None:
    seq = led(48)
    seq.set_tempo(200)
    seq.advance(48 * TICK)
    assert seq.bpm == pytest.approx(120)


def test_clocks_are_ignored_while_it_leads() -> None:
    seq = sequencer(HATS)
    seq.start()
    seq.hear_clock(HeardClock(50, STEP, TICK / 2))
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


def test_recorders_get_tempo_and_place_when_it_leads_again() -> None:
    seq = led(48)
    run(seq, 48 * TICK + 10 * STEP, start_ns=47 * TICK)
    seq.follow(False)
    now = 48 * TICK + 12 * STEP
    out = run(seq, now, start_ns=48 * TICK + 10 * STEP)
    change = next(one for one in out if isinstance(one, TempoChange))
    assert change.line.tick_at(now) == pytest.approx(seq.tick_at(now))
    assert change.at_ns >= 48 * TICK + 10 * STEP


def test_clocks_missed_for_long_are_not_made_up_for() -> None:
    seq = led(48)
    seq.hear_clock(HeardClock(200, 48 * TICK, TICK))
    assert len(ons(run(seq, 48 * TICK + 4 * STEP, start_ns=47 * TICK))) <= 5


def transport(outputs: list[Output]) -> list[tuple[int, bytes]]:
    return [(at_ns, data) for at_ns, data in midi(outputs) if data[0] >= 0xF0 and data != CLOCK]


def test_outputs_stop_where_another_leads_and_join_in_where_we_do_again() -> None:
    seq = sequencer(HATS)
    seq.start()
    run(seq, 4 * STEP)
    seq.follow(True)
    out = run(seq, 6 * STEP, start_ns=4 * STEP)
    assert transport(out) == [(4 * STEP, STOP)]
    assert CLOCK not in [data for _, data in midi(out)]
    assert len(ons(out)) == 2  # only the outputs' clock stands still
    seq.follow(False)
    out = run(seq, 10 * STEP, start_ns=6 * STEP)
    continued = START_LEAD_NS + 7 * STEP  # the next 16th that was not looked at yet
    told_ns = continued - START_LEAD_NS
    assert transport(out) == [(told_ns, bytes((SONG_POSITION, 7, 0))), (told_ns, CONTINUE)]
    assert next(at_ns for at_ns, data in midi(out) if data == CLOCK) == continued


def test_thru_a_start_that_found_no_clock_is_followed_by_a_stop() -> None:
    def armed() -> Sequencer:
        seq = sequencer(HATS, thru=True)
        seq.follow(True)
        seq.arm(0)
        seq.advance(STEP)
        return seq

    by_leading, by_stop = armed(), armed()
    by_leading.follow(False)
    by_stop.stop()
    assert transport(by_leading.advance(2 * STEP)) == [(STEP, STOP)]
    assert transport(by_stop.advance(2 * STEP)) == [(STEP, STOP)]


def test_idle_clocks_of_the_leaders_time_are_not_made_up_for() -> None:
    seq = sequencer(HATS, idle_clock=True)
    seq.follow(True)
    assert midi(run(seq, 8 * STEP)) == []
    seq.follow(False)
    clocks = [at_ns for at_ns, _ in midi(run(seq, 12 * STEP, start_ns=8 * STEP))]
    assert clocks[0] == 8 * STEP
    assert all(b - a == pytest.approx(TICK, abs=1) for a, b in itertools.pairwise(clocks))


def test_how_a_dropout_ends_does_not_depend_on_how_often_one_asks() -> None:
    def played(chunk_ns: int) -> list[Output]:
        seq = led(48, hold=False)
        return run(seq, 48 * TICK + 10 * STEP, chunk_ns, start_ns=47 * TICK)

    assert played(1_000_000) == played(3_000_000_000)


def test_a_follower_that_overslept_is_late_with_nothing() -> None:
    seq = led(48, thru=True, gate=4.0)
    seq.advance(49 * TICK)
    seq.skip_to(90 * TICK)
    seq.stop()
    assert {at_ns for at_ns, _ in midi(seq.advance(90 * TICK))} == {90 * TICK}


def test_a_follower_that_overslept_makes_up_for_no_clock() -> None:
    """A pushed voice has ticks looked at long before they are due."""
    seq = led(48, thru=True, voices=PUSHED)
    seq.skip_to(90 * TICK)
    messages = [data for _, data in midi(seq.advance(90 * TICK))]
    assert messages.count(CLOCK) <= 1


def test_where_the_leader_is_ahead_no_note_is_before_what_was_given_out() -> None:
    seq = led(48, voices=PUSHED)
    given_ns = seq.horizon_ns
    seq.hear_clock(HeardClock(55, 48 * TICK, TICK))
    begins = ons(run(seq, 60 * TICK, start_ns=given_ns))
    assert len(begins) > 1
    assert min(begins) >= given_ns


@pytest.mark.parametrize("hold", [True, False])
def test_sounding_notes_end_when_the_leader_is_lost(hold: bool) -> None:
    seq = led(48, hold=hold, gate=4.0)
    out = run(seq, 48 * TICK + 20 * STEP, start_ns=47 * TICK)
    assert ons(out)
    assert not hanging(one for one in out if isinstance(one, Event))


def test_a_start_that_is_still_to_come_waits_for_the_leader() -> None:
    seq = sequencer(HATS, idle_clock=True, thru=True, bpm=20)
    seq.advance(STEP // 2)
    seq.start()  # stands between two clocks, 125 ms apart
    seq.follow(True)
    assert transport(seq.advance(2 * STEP)) == [(STEP // 2, START)]
    seq.hear_clock(HeardClock(0, 2 * STEP, TICK))
    assert ons(seq.advance(2 * STEP)) == [2 * STEP]


def test_continue_that_is_stopped_before_it_began_keeps_its_place() -> None:
    seq = sequencer(HATS, idle_clock=True, bpm=20)
    seq.locate(8)
    for _ in range(5):
        seq.resume()
        seq.advance(0)
        seq.stop()
        seq.advance(0)
    assert seq.tick_at(0) == 48
