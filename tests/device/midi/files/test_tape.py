"""The last bars: what was really played, on the grid, also across tempo changes and rewinds."""

from io import BytesIO

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.grid import quantise
from drumatlas.beat.pattern import Pattern
from drumatlas.beat.smf import read_drums
from drumatlas.midi.files.take import take_bytes
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort
from drumatlas.play.events import Output
from drumatlas.play.feel import Feel
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.sequencer import Sequencer
from support.playing import FOUR, HATS, STEP, RecordingPort, midi, pattern_of, sequencer

BAR = 16 * STEP
# A beat that tells its steps apart: kick on the one, snare on step 17 of 32.
BEAT = pattern_of({0: [(0, 100)], 17: [(1, 90)]})


def tape_of(
    steps: float, *, pattern: Pattern = BEAT, tempo: float = 0, feel: Feel | None = None
) -> tuple[Tape, Sequencer, int]:
    seq = sequencer(pattern)
    tape = Tape(NullPort())
    if feel:
        seq.set_feel(feel)
    seq.start()
    now = 0
    end = START_LEAD_NS + round(steps * STEP)
    while now < end:
        now = min(now + 20_000_000, end)
        if tempo and now > end // 2:
            seq.set_tempo(tempo)
            tempo = 0
        tape.send(seq.advance(now))
        tape.tick(now)
    return tape, seq, now


def recorded_codes(outputs: list[Output]) -> list[int]:
    track = read_drums(take_bytes(outputs))
    region = quantise(track, 0, track.notes[-1][0] + 1)
    assert region is not None
    assert all(tick % 120 == 0 for tick, _, _ in track.notes)
    return region.codes.tolist()


def bars_of(outputs: list[Output]) -> float:
    file = mido.MidiFile(file=BytesIO(take_bytes(outputs)))
    return sum(message.time for message in file.tracks[0]) / 480 / 4


def expected(first_bar: int, bars: int) -> list[int]:
    steps = range(first_bar * 16, (first_bar + bars) * 16)
    return [{0: 1, 17: 2}.get(step % 32, 0) for step in steps]


@pytest.mark.parametrize(
    ("steps", "first", "bars"),
    [(16 * 20 + 5, 12, 8), (16 * 20.99, 12, 8), (16 * 3.5, 0, 3), (7, 0, 1), (16 * 9, 1, 8)],
)
def test_the_last_whole_bars_are_kept(steps: float, first: int, bars: int) -> None:
    tape, _, now = tape_of(steps)
    wanted = expected(first, bars)
    while not wanted[-1]:
        wanted.pop()
    assert recorded_codes(tape.last_bars(now)) == wanted


def test_a_stopped_run_is_kept_to_its_end() -> None:
    tape, seq, now = tape_of(16 * 9 + 4, pattern=HATS)
    seq.stop()
    tape.send(seq.advance(now))
    later = now + 100 * STEP
    assert len(recorded_codes(tape.last_bars(later))) == 7 * 16 + 4 + 1


def test_before_playing_the_tape_is_empty() -> None:
    assert Tape(NullPort()).last_bars(0) == []


def test_only_the_last_run_counts() -> None:
    tape, seq, now = tape_of(16 * 4, pattern=HATS)
    seq.stop()
    seq.advance(now)
    seq.start()
    tape.send(seq.advance(now + 5 * STEP // 2))
    assert len(recorded_codes(tape.last_bars(now + 5 * STEP // 2))) == 3


def test_withdrawn_notes_are_not_on_the_tape() -> None:
    tape, seq, now = tape_of(16, pattern=FOUR)
    without, _, _ = tape_of(16, pattern=FOUR)
    later = now + 20 * STEP  # over a whole bar: others are in no take yet
    ahead = seq.advance(later)
    tape.send(ahead)
    assert tape.last_bars(later) != without.last_bars(later)
    tape.withdraw(now)
    assert tape.last_bars(later) == without.last_bars(later)
    port = RecordingPort()
    tape = Tape(port)
    tape.send(ahead)
    assert port.sent == ahead


@given(st.integers(0, 16), st.integers(0, 4))
def test_sent_since_gives_the_messages_from_a_time_on(since: int, back: int) -> None:
    tape, seq, now = tape_of(16, pattern=HATS)
    ahead = seq.advance(now + 8 * STEP)
    tape.send(ahead)
    since_ns = now - since * STEP
    messages = midi(tape.sent_since(since_ns))
    begins = range(START_LEAD_NS, now + 8 * STEP + 1, STEP)
    assert [at for at, data in messages if data[0] == 0x99] == [t for t in begins if t >= since_ns]
    tape.withdraw(now + back * STEP)
    assert midi(tape.sent_since(since_ns)) == [m for m in messages if m[0] <= now + back * STEP]


@given(st.floats(20, 300), st.floats(16, 16 * 12), st.floats(0, 1), st.floats(0, 0.3))
def test_any_take_is_a_file_of_whole_notes_in_at_most_eight_bars(
    tempo: float, steps: float, swing: float, humanize: float
) -> None:
    tape, _, now = tape_of(steps, pattern=HATS, tempo=tempo, feel=Feel(swing, humanize))
    outputs = tape.last_bars(now)
    assert bars_of(outputs) <= 8.01
    file = mido.MidiFile(file=BytesIO(take_bytes(outputs)))
    sounding: set[int] = set()
    for message in file.tracks[0]:
        if message.type == "note_on":
            assert message.note not in sounding
            sounding.add(message.note)
        elif message.type == "note_off":
            sounding.remove(message.note)
    assert not sounding


@pytest.mark.parametrize("gap", [0.7, 5.3, 40.2])
def test_a_standstill_of_the_machine_is_in_no_take(gap: float) -> None:
    tape, seq, now = tape_of(16 * 2 + 5.5)
    now += round(gap * STEP)
    seq.skip_to(now)
    for _ in range(20 * 16):
        now += STEP // 10
        tape.send(seq.advance(now))
    wanted = expected(0, 4)
    while not wanted[-1]:
        wanted.pop()
    assert recorded_codes(tape.last_bars(now)) == wanted
