from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.resync import Resync
from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    SONG_POSITION,
    START,
    STOP,
    Event,
    Output,
)
from drumatlas.play.sequencer import Sequencer
from support.playing import FOUR, HATS, STEP, TICK, run, sequencer

SECOND = 1_000_000_000


def playing(until_ns: int, **settings: object) -> tuple[Sequencer, list[Output]]:
    seq = sequencer(HATS, **settings)
    seq.start()
    return seq, run(seq, until_ns)


def data(events: list[Event]) -> list[bytes]:
    return [event.data for event in events]


@given(st.integers(0, 4 * SECOND))
def test_nothing_is_changed_while_nothing_is_lost(until_ns: int) -> None:
    outputs = playing(until_ns)[1]
    assert Resync().filter(outputs) == [one for one in outputs if isinstance(one, Event)]


@given(st.integers(SECOND // 10, 6 * SECOND), st.floats(30, 300))
def test_back_in_it_hears_the_ends_of_notes_then_its_place_at_the_next_16th(
    lost_ns: int, bpm: float
) -> None:
    seq, before = playing(lost_ns, bpm=bpm)
    resync = Resync()
    struck = {one.data[1] for one in resync.filter(before) if one.data[0] & 0xF0 == NOTE_ON}
    assert {one[1] for one in data(resync.after_loss())} == struck
    assert all(one[0] & 0xF0 == NOTE_OFF for one in data(resync.after_loss()))
    heard = resync.filter(run(seq, lost_ns + 3 * SECOND, start_ns=lost_ns))
    ticks = sum(one.data == CLOCK for one in before if isinstance(one, Event))
    first = [one for one in heard if one.data[0] & 0xF0 != NOTE_OFF]
    assert first[0].data[0] == SONG_POSITION
    assert data(first[1:3]) == [CONTINUE, CLOCK]
    assert first[0].at_ns == first[1].at_ns < first[2].at_ns - 1_000_000
    step = first[0].data[1] | first[0].data[2] << 7
    assert (step - 1) * 6 < ticks <= step * 6
    assert first[2].at_ns <= lost_ns + 2 * 60e9 / bpm / 4
    on = [one for one in heard if one.data[0] & 0xF0 == NOTE_ON]
    assert on[0].at_ns >= first[2].at_ns


@given(st.integers(SECOND // 10, 4 * SECOND), st.integers(SECOND // 20, 3 * SECOND))
def test_after_a_standstill_it_hears_the_place_where_the_beat_is(until_ns: int, gap: int) -> None:
    seq, before = playing(until_ns)
    now = until_ns + gap
    seq.skip_to(now)
    after = run(seq, now + SECOND, start_ns=now)
    resync = Resync()
    resync.filter(before)
    resync.after_loss()
    heard = resync.filter(after)
    place = next(one for one in heard if one.data[0] == SONG_POSITION)
    first_ns = next(one.at_ns for one in heard if one.data == CLOCK)
    clocks = [one for one in [*before, *after] if isinstance(one, Event) and one.data == CLOCK]
    ticks = sum(one.at_ns < first_ns for one in clocks)  # of Start the first is tick 0
    assert (place.data[1] | place.data[2] << 7) * 6 == ticks


def test_a_song_position_that_is_withdrawn_is_sent_again() -> None:
    seq = sequencer(HATS)
    seq.can_rewind = True
    seq.start()
    resync = Resync()
    now_ns = SECOND + 3 * TICK
    resync.filter(run(seq, now_ns))
    resync.after_loss()
    assert CONTINUE in data(resync.filter(seq.advance(now_ns + STEP)))
    seq.set_tempo(121)
    back_ns = seq.rewindable(now_ns)
    resync.withdraw(back_ns)
    seq.rewind(back_ns)
    assert CONTINUE in data(resync.filter(seq.advance(now_ns + STEP, True)))
    assert CONTINUE not in data(resync.filter(run(seq, 3 * SECOND, start_ns=now_ns + STEP)))


def test_a_stopped_or_starting_receiver_gets_no_song_position() -> None:
    seq = sequencer(FOUR)
    resync = Resync()
    resync.after_loss()
    seq.start()
    heard = data(resync.filter(run(seq, SECOND)))
    assert heard[0] == START
    assert CONTINUE not in heard
    seq.stop()
    assert data(resync.filter(run(seq, SECOND + TICK, start_ns=SECOND)))[-1] == STOP
    resync.after_loss()
    seq.start()
    assert data(resync.filter(run(seq, 2 * SECOND, start_ns=SECOND + TICK)))[0] == START


def test_a_start_while_it_waits_begins_from_the_top() -> None:
    seq, before = playing(SECOND + STEP // 2)
    resync = Resync()
    resync.filter(before)
    resync.after_loss()
    seq.stop()
    seq.start()
    heard = data(resync.filter(run(seq, 2 * SECOND, start_ns=SECOND + STEP // 2)))
    assert CONTINUE not in heard
    assert heard.index(START) < heard.index(CLOCK)
