import struct
from io import BytesIO

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.beat.smf import notes as smf_notes
from drumatlas.beat.smf import read as smf
from drumatlas.beat.smf import read_drums
from drumatlas.errors import MidiFileError
from support.midi_bytes import END, FOUR_FOUR, beat, chunk, file_of, header, meta, played


def test_reads_what_mido_writes() -> None:
    track = mido.MidiTrack(
        [
            mido.MetaMessage("time_signature", numerator=3, denominator=8),
            mido.Message("note_on", channel=9, note=36, velocity=100, time=10),
            mido.Message("note_on", channel=0, note=60, velocity=100, time=5),
            mido.Message("note_off", channel=9, note=36, time=100),
            mido.Message("sysex", data=(1, 2, 3)),
            mido.Message("program_change", channel=9, program=3),
            mido.Message("note_on", channel=9, note=42, velocity=1, time=1000),
            mido.Message("note_on", channel=9, note=42, velocity=0, time=1),
        ]
    )
    buffer = BytesIO()
    mido.MidiFile(ticks_per_beat=96, tracks=[track]).save(file=buffer)
    drums = read_drums(buffer.getvalue())
    assert drums.ticks_per_beat == 96
    assert drums.notes == [(10, 36, 100), (1115, 42, 1)]
    assert drums.signatures == [(0, 3, 8)]
    assert drums.programs == [(115, 3)]


def test_running_status_and_missing_note_offs() -> None:
    # Three note-ons under one status, none of them ever ended.
    body = b"\x00\x99\x24\x64" + b"\x10\x26\x65" + b"\x10\x2a\x66" + END
    assert read_drums(file_of(body)).notes == [(0, 36, 100), (16, 38, 101), (32, 42, 102)]


def test_running_status_goes_on_over_meta_events() -> None:
    body = b"\x00\x99\x24\x64" + b"\x00\xff\x01\x02hi" + b"\x10\x26\x65" + END
    assert len(read_drums(file_of(body)).notes) == 2


def test_programs_are_those_of_channel_10_in_order_of_time() -> None:
    hit = b"\x00\x99\x24\x64"
    a = b"\x60\xc9\x19\x00\xc0\x08\x00\x28" + hit + END  # the last, of channel 1
    b = b"\x00\xc9\x20\x10\x20" + hit + b"\x70\xc9\x00" + END  # 32 is set twice
    assert read_drums(file_of(a, b)).programs == [(0, 32), (0x60, 25), (0x80, 0)]
    assert read_drums(file_of(a, b), frozenset((0,))).programs == []


def test_endless_program_changes_are_bounded() -> None:
    body = b"\x00\x99\x24\x64" + b"\x01\xc9\x00\x01\xc9\x08" * smf_notes.MAX_PROGRAMS + END
    drums = read_drums(file_of(body))
    assert (len(drums.programs), len(drums.notes)) == (smf_notes.MAX_PROGRAMS, 1)


def test_tracks_are_merged_in_time() -> None:
    a, b = b"\x60\x99\x24\x64" + END, b"\x30\x99\x26\x64" + END
    assert [tick for tick, _, _ in read_drums(file_of(a, b)).notes] == [0x30, 0x60]


def test_foreign_chunks_and_riff_wrapping() -> None:
    body = b"\x00\x99\x24\x64" + END
    plain = file_of(body)
    with_chunk = plain[:14] + chunk(b"XFIH", b"abc") + plain[14:]
    riff = (
        b"RIFF" + struct.pack("<I", len(plain) + 12) + b"RMIDdata" + struct.pack("<I", len(plain))
    )
    assert len(read_drums(with_chunk).notes) == len(read_drums(riff + plain).notes) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a MIDI file"),
        (b"RIFFxxxxWAVE", "not a MIDI file"),
        (b"MThd\x00\x00", "cut short"),
        (file_of(END, END, form=3), "format 3 of 2 tracks"),
        (file_of(END, division=0), "0 ticks a beat"),
        (file_of(END, division=0xE728), "SMPTE frames .25 a second"),
        (file_of(b"\x00\x24\x64\x00\x99\x24\x64" + END), "without a status"),
        (file_of(b"\xff\xff\xff\xff\x7f\x99\x24\x64" + END), "more than 4 bytes"),
        (file_of(b"\xff\xff\xff\x7f\x99\x24\x64" + b"\xff\xff\xff\x7f\x24\x64" + END), "ticks"),
        (file_of(b"\x00\x99\x24\x80" + END), "a status where data should be"),
        (header(1), "no track"),
    ],
)
def test_malformed_files_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(MidiFileError, match=words):
        read_drums(data)


def test_floods_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smf_notes, "MAX_NOTES", 3)
    with pytest.raises(MidiFileError, match="more than 3"):
        read_drums(file_of(b"\x00\x99\x24\x64" * 4 + END))
    monkeypatch.setattr(smf_notes, "MAX_SIGNATURES", 3)
    with pytest.raises(MidiFileError, match="more than 3 time signatures"):
        read_drums(file_of(b"\x00\xff\x58\x02\x03\x03" * 4 + END))
    monkeypatch.setattr(smf, "MAX_BYTES", 10)
    with pytest.raises(MidiFileError, match="bytes"):
        read_drums(file_of(END))


@settings(max_examples=300)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_read_or_are_a_midi_file_error(data: bytes, wrapped: bool) -> None:
    try:
        drums = read_drums(file_of(data) if wrapped else data)
    except MidiFileError:
        return
    assert all(0 <= key < 128 and 0 < velocity < 128 for _, key, velocity in drums.notes)
    assert drums.notes == sorted(drums.notes)


def test_a_few_notes_with_forbidden_bytes_are_left_out_of_a_sound_track() -> None:
    body = played(beat(8)).removesuffix(END)
    drums = read_drums(file_of(body + b"\x0a\x99\x24\x9c" + END))
    assert [(tick, key) for tick, key, _ in drums.notes] == beat(8)
    assert drums.remarks == ["track 1: 1 note has a key or velocity over 127; left out"]


def test_tracks_of_other_instruments_are_not_read() -> None:
    drums = b"\x00\x99\x24\x64" + END
    damaged = b"\x00\x90\x24\x64" + b"\x24" * 9  # ends within an event, and without its end
    track = read_drums(file_of(damaged, drums))
    assert (track.notes, track.remarks) == ([(0, 36, 100)], [])


def test_tempos_count_wherever_they_are() -> None:
    tempo = meta(0x51, b"\x07\xa1\x20") + END
    assert read_drums(file_of(tempo, b"\x00\x99\x24\x64" + END)).tempos == [(0, 500_000)]


def test_what_comes_last_at_a_time_is_in_force() -> None:
    body = meta(0x58, b"\x04\x02\x18\x08") + meta(0x58, b"\x03\x02\x18\x08") + END
    assert read_drums(file_of(body)).signatures == [(0, 4, 4), (0, 3, 4)]


@given(st.sets(st.integers(0, 15)))
def test_exactly_the_named_channels_are_read(channels: set[int]) -> None:
    tracks = [bytes((0, 0x90 | channel, channel, 100)) + END for channel in range(16)]
    track = read_drums(file_of(*tracks), frozenset(channels))
    assert [key for _, key, _ in track.notes] == sorted(channels)
    assert track.unpacked(0, 1)[1].tolist() == sorted(channels)
    assert track.remarks == []


def test_patterns_of_format_2_stand_one_after_the_other() -> None:
    waltz = meta(0x58, b"\x03\x02\x18\x08") + b"\x00\x99\x26\x64" + END
    track = read_drums(file_of(played(beat(3)), waltz, played(beat(1)), form=2))
    two_bars = 8 * 480
    assert [note[:2] for note in track.notes] == [
        *beat(3),
        (3 * two_bars, 38),
        *((5 * two_bars + tick, key) for tick, key in beat(1)),
    ]
    assert track.signatures == [(0, 4, 4), (3 * two_bars, 3, 4), (5 * two_bars, 4, 4)]
    assert track.remarks == ["format 2: 3 tracks read, each a pattern of its own"]


def test_a_single_track_of_an_unknown_format_is_read() -> None:
    assert len(read_drums(file_of(played(beat()), form=9)).notes) == len(beat())


def test_format_0_with_several_tracks_is_read_and_said() -> None:
    track = read_drums(file_of(FOUR_FOUR + END, played(beat()), form=0))
    assert len(track.notes) == len(beat())
    assert track.remarks == ["format 0 has one track; the 2 were read together, as in format 1"]
