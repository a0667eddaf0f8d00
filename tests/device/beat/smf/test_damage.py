"""Files that were damaged: what is read of them, and what is said."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.smf import DrumTrack, read_drums, search
from drumatlas.errors import MidiFileError
from support.midi_bytes import (
    END,
    FOUR_FOUR,
    beat,
    chunk,
    file_of,
    header,
    meta,
    played,
    with_length,
)

NOTES = beat()
DRUMS = played(NOTES)
METRE = FOUR_FOUR + END
MELODY = played([(480 * i, 60 + i % 5) for i in range(20)], channel=0)


def is_whole(track: DrumTrack) -> bool:
    return [(tick, key) for tick, key, _ in track.notes] == NOTES


@pytest.mark.parametrize("wrong", [1, 2, 3, 4, 7, 8, 9, 100, 100_000, -1, -2, -4, -100])
@pytest.mark.parametrize("damaged", [0, 1, 2])
def test_a_wrong_length_loses_nothing(wrong: int, damaged: int) -> None:
    bodies = [METRE, MELODY, DRUMS]
    wrong = max(wrong, -len(bodies[damaged]))
    chunks = [with_length(one, wrong * (i == damaged)) for i, one in enumerate(bodies)]
    track = read_drums(header(3) + b"".join(chunks))
    assert is_whole(track)
    assert track.signatures == [(0, 4, 4)]
    (remark,) = track.remarks
    unit = "byte" if abs(wrong) == 1 else "bytes"
    words = (
        f"track {damaged + 1}: its length is wrong by {abs(wrong)} {unit}; it was read to its end"
    )
    assert remark == words


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_impossible_lengths_lose_nothing(size: int) -> None:
    chunks = [b"MTrk" + struct.pack(">I", size) + one for one in (METRE, MELODY, DRUMS)]
    track = read_drums(header(3) + b"".join(chunks))
    assert is_whole(track)
    assert len(track.remarks) == 3


def test_a_length_that_swallows_the_next_track() -> None:
    data = header(3) + with_length(METRE, len(MELODY) + 8) + chunk(b"MTrk", MELODY)
    track = read_drums(data + chunk(b"MTrk", DRUMS))
    assert is_whole(track)
    (remark,) = track.remarks
    assert remark.startswith("track 1: ")


@pytest.mark.parametrize("pad", [b"\0", b"\0\0\0", b"junk between", b"\r\n", bytes(200)])
def test_bytes_between_tracks_are_left_out_with_a_remark(pad: bytes) -> None:
    chunks = [chunk(b"MTrk", one) for one in (METRE, MELODY, DRUMS)]
    track = read_drums(header(3) + pad.join(chunks))
    assert is_whole(track)
    assert track.remarks[0] == (
        f"{len(pad)} byte{'s' * (len(pad) > 1)} before track 2 (byte {14 + len(chunks[0])}) "
        "were left out"
    )


@pytest.mark.parametrize(
    ("junk", "words"),
    [
        (b"\0\x08beat.mid" + bytes(118), "128 bytes before the MIDI file (a MacBinary header)"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "19 bytes before the MIDI file (an HTTP head)"),
        (b"\xef\xbb\xbf", "3 bytes before the MIDI file (a byte order mark)"),
        (b"?" * 1000, "1000 bytes before the MIDI file"),
    ],
)
def test_bytes_before_the_header_are_left_out_with_a_remark(junk: bytes, words: str) -> None:
    track = read_drums(junk + file_of(METRE, DRUMS))
    assert is_whole(track)
    assert track.remarks == [f"{words} were skipped"]


@pytest.mark.parametrize("riff_size", [0, 5, 2**32 - 1])
def test_riff_wrappers_with_wrong_sizes(riff_size: int) -> None:
    head = b"RIFF" + struct.pack("<I", riff_size) + b"RMIDdata" + struct.pack("<I", riff_size)
    track = read_drums(head + file_of(METRE, DRUMS))
    assert (is_whole(track), track.remarks) == (True, [])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\x00\x3c\x40\x99" + END, "data without a status"),
        (DRUMS[:40] + b"\x00\x99\x24\x99" + DRUMS[40:], "a status where data should be"),
        (b"\x00\x99\x24\x64\xff\xff\xff\xff\x7f" + END, "a number of more than 4 bytes"),
        (b"\x00\x99\x24\x64\x00\xf0\xff\x7f\x00" + END, "an event runs past the end"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_broken_track_does_not_lose_the_others(body: bytes, why: str, place: int) -> None:
    bodies = [METRE, DRUMS]
    bodies.insert(place + 1, body)
    track = read_drums(file_of(*bodies))
    assert is_whole(track)
    (remark,) = track.remarks
    assert remark.startswith(f"track {place + 2} is broken at byte ")
    assert remark.endswith(f"({why}) and was left out")


def test_a_metre_lost_with_its_track_is_reported() -> None:
    track = read_drums(file_of(b"\x00\x3c\x40" + METRE, DRUMS))
    assert track.remarks[0].endswith("and was left out, with its time signatures")


def test_metres_before_a_fault_count() -> None:
    track = read_drums(file_of(FOUR_FOUR + b"\x00\xf0\xff\x7f" + END, DRUMS))
    assert track.signatures == [(0, 4, 4)]


@given(st.integers(1, len(DRUMS)))
def test_of_a_track_that_is_cut_the_whole_events_are_read(missing: int) -> None:
    data = file_of(METRE, DRUMS)[:-missing]
    try:
        track = read_drums(data)
    except MidiFileError:
        assert missing > len(DRUMS) - 4
        return
    found = [(tick, key) for tick, key, _ in track.notes]
    assert found == NOTES[: len(found)]
    assert len(found) >= (len(DRUMS) - missing) // 8 - 1
    (remark,) = track.remarks
    assert remark.startswith("track 2 is cut short and was read up to byte ")


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5, 6, 7])
def test_a_track_whose_last_bytes_are_missing_before_another(missing: int) -> None:
    data = header(3) + chunk(b"MTrk", METRE) + with_length(DRUMS, 0)[:-missing]
    track = read_drums(data + chunk(b"MTrk", MELODY))
    assert is_whole(track)
    (remark,) = track.remarks
    assert "track 2 " in remark


def test_a_missing_end_of_track_is_reported() -> None:
    track = read_drums(file_of(METRE, DRUMS.removesuffix(END), MELODY))
    assert is_whole(track)
    (remark,) = track.remarks
    assert remark.startswith("track 2 has no End of Track and was read up to byte ")


def test_events_after_the_end_of_track_are_reported() -> None:
    track = read_drums(file_of(METRE, DRUMS + b"\x00\x99\x24\x64" + END))
    assert is_whole(track)
    assert track.remarks == ["track 2: 8 bytes after its end were left out"]


@pytest.mark.parametrize("rest", [b"\0", bytes(128), b"<!-- page -->", b"MTrk"])
def test_bytes_after_the_last_track_are_left_out_with_a_remark(rest: bytes) -> None:
    track = read_drums(file_of(METRE, DRUMS) + rest)
    assert is_whole(track)
    assert len(track.remarks) >= 1


def test_the_rest_of_an_overwritten_file_is_not_read() -> None:
    rest = played(beat(8))[100:]
    track = read_drums(file_of(METRE, DRUMS) + rest + chunk(b"MTrk", played(beat(8))))
    assert is_whole(track)
    (remark,) = track.remarks
    assert "after the last track" in remark


def test_a_second_file_behind_the_first_is_not_read() -> None:
    first = file_of(METRE, DRUMS)
    track = read_drums(first + file_of(METRE, played(beat(8))))
    assert is_whole(track)
    assert track.remarks == [f"another MIDI file begins at byte {len(first)} and was left out"]


@pytest.mark.parametrize(("promised", "words"), [(1, "1 track"), (5, "5 tracks"), (0, "0 tracks")])
def test_a_header_that_promises_another_number(promised: int, words: str) -> None:
    data = header(promised) + chunk(b"MTrk", METRE) + chunk(b"MTrk", DRUMS)
    track = read_drums(data)
    assert is_whole(track)
    assert track.remarks == [f"the header promises {words}; the file has 2"]


@pytest.mark.parametrize("size", [7, 8, 20])
def test_a_longer_header(size: int) -> None:
    head = b"MThd" + struct.pack(">IHHH", size, 1, 2, 480) + bytes(size - 6)
    track = read_drums(head + chunk(b"MTrk", METRE) + chunk(b"MTrk", DRUMS))
    assert (is_whole(track), track.remarks) == (True, [])


@pytest.mark.parametrize("size", [0, 5, 9, 1000, 2**32 - 1])
def test_a_header_with_a_wrong_length(size: int) -> None:
    head = b"MThd" + struct.pack(">IHHH", size, 1, 2, 480)
    track = read_drums(head + chunk(b"MTrk", METRE) + chunk(b"MTrk", DRUMS))
    assert is_whole(track)
    assert track.remarks == ["the header's length is wrong"]


@pytest.mark.parametrize("form", ["sysex", "text"])
@pytest.mark.parametrize("wrong", [0, 1])
def test_the_letters_of_a_track_within_an_event_are_none(form: str, wrong: int) -> None:
    inner = b"MTrk and so on, MTrk" + bytes(6)
    event = (
        meta(1, inner)
        if form == "text"
        else b"\x00\xf0" + bytes((len(inner) + 1,)) + inner + b"\xf7"
    )
    data = header(2) + chunk(b"MTrk", METRE) + with_length(event + DRUMS, wrong)
    track = read_drums(data)
    assert is_whole(track)
    assert len(track.remarks) == wrong


@pytest.mark.parametrize("status", [0xF4, 0xF5, 0xF9, 0xFD, 0xF6, 0xF8, 0xFE])
def test_system_messages_in_a_file(status: int) -> None:
    assert is_whole(read_drums(file_of(METRE, bytes((0, status)) + DRUMS)))


def test_a_file_of_broken_tracks_is_refused_with_the_reasons() -> None:
    broken = b"\x00\x3c\x40\x99" + END
    with pytest.raises(MidiFileError, match="track 1 is broken.*; track 2 is broken"):
        read_drums(file_of(broken, broken))


def test_remarks_are_bounded() -> None:
    track = read_drums(file_of(*[b"\x00\x3c\x40\x99" + END] * 50, DRUMS))
    assert is_whole(track)
    assert len(track.remarks) == 21
    assert track.remarks[-1] == "and 30 more"


def test_the_search_for_tracks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_WORK", 1)
    damaged = header(1) + with_length(DRUMS, 1)
    assert is_whole(read_drums(damaged))
    monkeypatch.setattr(search, "MAX_WORK", 0)
    with pytest.raises(MidiFileError, match="too many broken tracks"):
        read_drums(damaged)
