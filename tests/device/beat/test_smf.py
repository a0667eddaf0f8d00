import struct
from io import BytesIO

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.beat.smf import read as smf
from drumatlas.beat.smf import read_drums
from drumatlas.errors import MidiFileError


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body)) + body


def file_of(*tracks: bytes, form: int = 1, division: int = 480) -> bytes:
    head = chunk(b"MThd", struct.pack(">HHH", form, len(tracks), division))
    return head + b"".join(chunk(b"MTrk", track) for track in tracks)


END = b"\x00\xff\x2f\x00"


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


def test_running_status_and_missing_note_offs() -> None:
    # Three note-ons under one status, none of them ever ended.
    body = b"\x00\x99\x24\x64" + b"\x10\x26\x65" + b"\x10\x2a\x66" + END
    assert read_drums(file_of(body)).notes == [(0, 36, 100), (16, 38, 101), (32, 42, 102)]


def test_running_status_goes_on_over_meta_events() -> None:
    body = b"\x00\x99\x24\x64" + b"\x00\xff\x01\x02hi" + b"\x10\x26\x65" + END
    assert len(read_drums(file_of(body)).notes) == 2


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
        (file_of(END, form=2), "format 2"),
        (file_of(END, division=0), "SMPTE"),
        (file_of(END, division=0xE728), "SMPTE"),
        (file_of(b"\x00\x99\x24\x64" + END)[:-5], "cut short"),
        (file_of(b"\x00\x24\x64\x00\x99\x24\x64" + END), "without a status"),
        (file_of(b"\xff\xff\xff\xff\x7f\x99\x24\x64" + END), "more than 4 bytes"),
        (file_of(b"\xff\xff\xff\x7f\x99\x24\x64" + b"\xff\xff\xff\x7f\x24\x64" + END), "ticks"),
    ],
)
def test_malformed_files_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(MidiFileError, match=words):
        read_drums(data)


def test_floods_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smf, "MAX_NOTES", 3)
    with pytest.raises(MidiFileError, match="more than 3"):
        read_drums(file_of(b"\x00\x99\x24\x64" * 4 + END))
    monkeypatch.setattr(smf, "MAX_SIGNATURES", 3)
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


def test_a_velocity_that_has_no_bits_of_data_is_none() -> None:
    hits = b"\x00\x99\x24\x80\x0a\x99\x24\x81"
    assert read_drums(file_of(hits + END)).notes == [(10, 36, 1)]


def test_tracks_of_other_instruments_are_not_read() -> None:
    drums = b"\x00\x99\x24\x64" + END
    damaged = b"\x00\x90\x24\x64" + b"\x24" * 9  # ends within an event, and without its end
    assert read_drums(file_of(damaged, drums)).notes == [(0, 36, 100)]
    with pytest.raises(MidiFileError, match="cut short"):
        read_drums(file_of(drums, damaged)[:-1])  # the file itself is cut
