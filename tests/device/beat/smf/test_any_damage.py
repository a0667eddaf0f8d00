"""Any file that mido writes, damaged: no note that was not there, all notes of sound tracks."""

from collections import Counter
from itertools import chain

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumatlas.beat.smf import read_drums
from drumatlas.errors import MidiFileError
from support.midi_bytes import END, FOUR_FOUR, beat, chunk, header, played, with_length
from support.midi_strategies import files


def read(data: bytes) -> list[tuple[int, int, int]]:
    try:
        return read_drums(data, frozenset((9,))).notes
    except MidiFileError:
        return []


@given(files())
def test_files_that_mido_writes_are_read_without_a_remark(
    file: tuple[int, list[bytes], list[list[tuple[int, int, int]]]],
) -> None:
    form, chunks, notes = file
    track = read_drums(header(len(chunks), form) + b"".join(chunks), frozenset((9,)))
    assert track.notes == sorted(chain(*notes))
    assert track.remarks == []


@given(
    file=files(),
    data=st.data(),
    wrong=st.integers(-300, 300).filter(bool),
    pad=st.sampled_from([b"", b"\0", b"\0\0", b"\x0d\x0a", b"stray"]),
    junk=st.sampled_from([b"", bytes(128), b"HTTP/1.0 200 OK\r\n\r\n", b"\xef\xbb\xbf"]),
    rest=st.sampled_from([b"", b"\0", b"end of file", bytes(500)]),
    more=st.integers(-2, 2),
)
def test_wrong_lengths_and_strays_lose_and_add_no_note(  # noqa: PLR0913 - damages, all at once
    *,
    file: tuple[int, list[bytes], list[list[tuple[int, int, int]]]],
    data: st.DataObject,
    wrong: int,
    pad: bytes,
    junk: bytes,
    rest: bytes,
    more: int,
) -> None:
    _, chunks, notes = file
    place = data.draw(st.integers(0, len(chunks) - 1))
    size = len(chunks[place]) - 8
    assume(size + wrong >= 0)
    chunks[place] = with_length(chunks[place][8:], wrong)
    promised = max(len(chunks) + more, len(chunks) if pad else 0)
    damaged = junk + header(promised) + pad.join(chunks) + rest
    assert read(damaged) == sorted(chain(*notes))


@given(files(), st.data())
def test_a_file_that_is_cut_gives_whole_tracks_and_a_beginning(
    file: tuple[int, list[bytes], list[list[tuple[int, int, int]]]], data: st.DataObject
) -> None:
    form, chunks, notes = file
    whole = header(len(chunks), form) + b"".join(chunks)
    end = data.draw(st.integers(14, len(whole)))
    found, at, sure, rest = read(whole[:end]), 14, [], []
    for one, mine in zip(chunks, notes, strict=True):
        (sure if at + len(one) <= end else rest).extend(mine)
        at += len(one)
    assert all(note in found for note in sure)
    assert all(found.count(note) <= (sure + rest).count(note) for note in found)


@given(
    files(),
    st.data(),
    st.sampled_from([b"\x00\x3c\x40", b"\x00\xf0\xff\x7f\x00", b"\xff\xff\xff\xff"]),
)
def test_a_track_that_is_broken_costs_that_track_alone(
    file: tuple[int, list[bytes], list[list[tuple[int, int, int]]]],
    data: st.DataObject,
    fault: bytes,
) -> None:
    form, chunks, notes = file
    place = data.draw(st.integers(0, len(chunks) - 1))
    chunks[place] = chunk(b"MTrk", fault + chunks[place][8:])
    del notes[place]
    assert read(header(len(chunks), form) + b"".join(chunks)) == sorted(chain(*notes))


@pytest.mark.parametrize("put", [b"", b"\r", b"\0", b"?"])
def test_a_byte_lost_or_put_in_leaves_the_track_out(put: bytes) -> None:
    """Each note has its note-off here, which is what shows it. A lost byte of a delta time does
    not show where the rest reads on as before."""
    drums = played(beat(2))
    counts = Counter()
    for place in range(len(drums) - len(END) - 1):
        damaged = drums[:place] + put + drums[place + (not put) :]
        wrong = len(drums) - len(damaged)
        whole = header(2) + chunk(b"MTrk", FOUR_FOUR + END) + with_length(damaged, wrong)
        counts[len(read(whole))] += 1
    assert counts[0] >= (counts.total() if put else 0.9 * counts.total())
    assert set(counts) <= {0, len(beat(2))}
