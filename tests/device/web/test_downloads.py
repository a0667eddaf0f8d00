"""Takes of our own, under any kit and note table, come back as the beat that they are of."""

from io import BytesIO

import mido
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumatlas.beat.codes import CODE_LIMIT, STEPS, STEPS_PER_BAR, Code
from drumatlas.beat.drum_map import map_of_voices
from drumatlas.beat.drums import Reading, read
from drumatlas.beat.grid import four_four
from drumatlas.beat.mark import find_mark
from drumatlas.beat.voices import VOICES
from drumatlas.midi.files.take import take_bytes
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort
from drumatlas.play.events import Event
from drumatlas.play.kits import KITS
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import DEFAULT_VOICES, PlaySettings, VoiceOut
from drumatlas.reading import NAMES, read_map
from drumatlas.web.dropped_file import Dropped, beat_of
from support.own_takes import CODES, KIT_TABLES, LOUD, TABLES, pattern_of_code, take_of

SECOND = 1_000_000_000
MARK = "sequencer_specific"


def two_bars(data: bytes, reading: Reading | None = None) -> list[tuple[Code, str]]:
    drums = read(data, reading or Reading())
    return list(drums.two_bars(four_four(drums.track)))


def kinds(data: bytes) -> list[str]:
    return [message.type for message in mido.MidiFile(file=BytesIO(data)).tracks[0]]


@pytest.mark.parametrize("kit", KITS)
@given(code=CODES, loud=LOUD)
def test_a_take_under_a_kit_is_the_same_beat(kit: str, code: Code, loud: int) -> None:
    assume(any(code))
    data = take_of(code, KIT_TABLES[kit], loud)
    assert beat_of(data) == Dropped(code)
    assert two_bars(data) == [(code, "")]


@given(CODES, TABLES)
def test_a_take_under_any_notes_and_channels_is_the_same_beat(
    code: Code, voices: tuple[VoiceOut, ...]
) -> None:
    assume(any(code))
    data = take_of(code, voices)
    assert beat_of(data) == Dropped(code)
    assert two_bars(data) == [(code, "")]


@given(
    CODES, TABLES.filter(lambda table: len({(one.note, one.channel) for one in table}) == VOICES)
)
def test_without_its_mark_the_boxs_own_notes_read_it(
    code: Code, voices: tuple[VoiceOut, ...]
) -> None:
    """As a DAW records it."""
    assume(any(code))
    own = [(out.note, out.channel) for out in voices]
    data = without_mark(take_of(code, voices))
    by_own = read(data, Reading(map_of_voices("own", own)))
    assert list(by_own.two_bars(four_four(by_own.track))) == [(code, "")]


def without_mark(data: bytes) -> bytes:
    file = mido.MidiFile(file=BytesIO(data))
    file.tracks[0] = mido.MidiTrack(m for m in file.tracks[0] if m.type != MARK)
    buffer = BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


BEAT = (1, 0, 4, 0, 2, 0, 4, 0) * 4


def test_a_digitakts_recording_of_a_daw_is_read_by_the_boxs_own_notes() -> None:
    data = without_mark(take_of(BEAT, KIT_TABLES["digitakt"]))
    own = [(out.note, out.channel) for out in KIT_TABLES["digitakt"]]
    dropped = beat_of(data, own)
    assert dropped.code == BEAT
    assert "own notes" in dropped.remarks[0]
    assert two_bars(data, Reading(read_map("digitakt"))) == [(BEAT, "")]


def test_a_song_in_general_midi_stays_one_whatever_the_box_plays() -> None:
    data = take_of(BEAT, DEFAULT_VOICES)
    assert beat_of(data, [(out.note, out.channel) for out in KIT_TABLES["tr-8s"]]) == Dropped(BEAT)


@given(CODES)
def test_general_midi_needs_no_mark(code: Code) -> None:
    assert MARK not in kinds(take_of(code, DEFAULT_VOICES))


def test_a_mark_is_one_event_that_others_skip() -> None:
    data = take_of((CODE_LIMIT - 1,) * STEPS, KIT_TABLES["tr-8s"])
    assert kinds(data).count(MARK) == 1
    assert data == take_of((CODE_LIMIT - 1,) * STEPS, KIT_TABLES["tr-8s"])
    plain = without_mark(data)
    assert [kind for kind in kinds(data) if kind != MARK] == kinds(plain)
    assert find_mark(plain) is None


def test_moved_notes_count_as_the_first_voice_with_a_remark() -> None:
    code = (1 << 6 | 1 << 11, *[0] * 31)  # high tom and low bongo: one note of a TR-8S
    data = take_of(code, KIT_TABLES["tr-8s"])
    file = mido.MidiFile(file=BytesIO(data))
    ons = [message for message in file.tracks[0] if message.type == "note_on"]
    ons[0].time += 240
    buffer = BytesIO()
    file.save(file=buffer)
    dropped = beat_of(buffer.getvalue())
    assert dropped.code == (0, 0, 1 << 6, *[0] * 29)
    assert "edited" in " ".join(dropped.remarks)


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("bars", [2, 3, 5, 8, 9, 16, 21])
def test_the_last_bars_are_the_same_beat_wherever_they_begin(kit: str, bars: int) -> None:
    first = (1, 0, 4, 0, 2, 0, 4, 64, 1 << 11, 0, 4, 1 << 10, 2, 0, 4, 0)
    code = (*first, *reversed(first))
    sequencer = Sequencer(PlaySettings(voices=KIT_TABLES[kit]), pattern_of_code(code), 0)
    tape = Tape(NullPort())
    sequencer.start()
    end_ns = bars * 2 * SECOND + SECOND // 2
    for now_ns in range(0, end_ns, SECOND // 4):
        tape.send(sequencer.advance(now_ns))
        tape.tick(now_ns)
    data = take_bytes(tape.last_bars(end_ns))
    codes = {found for found, _ in two_bars(data)}
    assert code in codes or bars < 3
    assert beat_of(data).code[:STEPS_PER_BAR] in {first, (0,) * STEPS_PER_BAR}


def test_damaged_marks_are_no_marks() -> None:
    data = take_of(BEAT, KIT_TABLES["digitakt"])
    mark = data.index(b"\x7ddrumatlas")
    assert find_mark(data) is not None
    for old, new in (
        (b"lead=0", b"lead=x"),
        (b"crc=", b"crd="),
        (b" 1:0=", b" 0:0="),
        (b"\xff\x7f", b"\xff\x01"),
    ):
        assert find_mark(data[: mark - 4] + data[mark - 4 :].replace(old, new, 1)) is None
    assert find_mark(b"") is None
    assert find_mark(data[mark:]) is None


@given(st.binary(max_size=60))
def test_no_bytes_break_the_search_for_a_mark(tail: bytes) -> None:
    find_mark(b"\xff\x7f\x20\x7ddrumatlas voices 1 " + tail)


def test_a_voice_names_itself_to_recorders() -> None:
    sequencer = Sequencer(PlaySettings(voices=KIT_TABLES["tr-8s"]), pattern_of_code(BEAT), 0)
    sequencer.start()
    out = sequencer.advance(SECOND)
    ons = [one for one in out if isinstance(one, Event) and one.data[0] & 0xF0 == 0x90]
    assert [(one.voice, one.step) for one in ons] == [(0, 0), (2, 2), (1, 4), (2, 6)]


def test_every_named_map_can_be_read() -> None:
    assert {*KITS, "gm", "v-drums"} == set(NAMES)
    for name in NAMES:
        assert read_map(name).name == name
