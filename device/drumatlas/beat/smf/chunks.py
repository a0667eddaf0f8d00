"""The header and the chunks of a file, by the lengths that it declares."""

import re
from dataclasses import dataclass, field
from struct import unpack_from
from typing import NamedTuple

from drumatlas.errors import MidiFileError

HEADER, TRACK = b"MThd", b"MTrk"
HEAD_BYTES = 8  # of a chunk: four letters, and a length
HEADER_BYTES = 6
MAX_JUNK = 1 << 16  # bytes before the header
NAMED_CHUNK = re.compile(rb"[ -~]{4}")

# Junk before the header: how it begins, and its name.
JUNK = ((b"HTTP/", "an HTTP head"), (b"\xef\xbb\xbf", "a byte order mark"))
MACBINARY_BYTES = 128


class Span(NamedTuple):
    """The body of a track: bytes [start, end). `number` counts from 1. A `settled` span was read to
    find its end. Of a `broken` one only the times before the fault may be used."""

    number: int
    start: int
    end: int
    is_settled: bool = False
    is_broken: bool = False


@dataclass(slots=True)
class Layout:
    """Header and tracks of a file. `faults` are the remarks about tracks that were left out."""

    form: int
    promised: int  # tracks, according to the header
    division: int
    spans: list[Span] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def bytes_of(count: int) -> str:
    """Return `count` with its unit: '1 byte', '2 bytes'."""
    return f"{count} byte{'s' * (count != 1)}"


def find_header(data: bytes) -> tuple[int, list[str]]:
    """Return the position of the header, and remarks about the bytes before it. MidiFileError if
    there is none."""
    if data.startswith(HEADER):
        return 0, []
    start = data.find(HEADER + b"\0\0\0", 0, MAX_JUNK)
    if start < 0:
        raise MidiFileError("not a MIDI file (no MThd in it)")
    if data.startswith(b"RIFF") and data[8:12] == b"RMID":
        return start, []  # Microsoft's wrapping of a plain file
    names = [name for begin, name in JUNK if data.startswith(begin)]
    if start == MACBINARY_BYTES and data[0] == 0:
        names = ["a MacBinary header"]
    what = f" ({names[0]})" if names else ""
    return start, [f"{bytes_of(start)} before the MIDI file{what} were skipped"]


def read_header(data: bytes, start: int) -> tuple[Layout, int]:
    """Return the header at `start`, and the position of the chunks after it. MidiFileError if it is
    cut short, or its division is not in ticks a beat."""
    if len(data) < start + HEAD_BYTES + HEADER_BYTES:
        raise MidiFileError("cut short: the file ends within its header")
    size, form, promised, division = unpack_from(">IHHH", data, start + 4)
    if division & 0x8000:
        frames = 256 - (division >> 8)
        raise MidiFileError(
            f"time in SMPTE frames ({frames} a second), not in beats: there is no grid to read"
        )
    if not division:
        raise MidiFileError("0 ticks a beat in the header: there is no grid to read")
    layout = Layout(form, promised, division)
    at, least = start + HEAD_BYTES + size, start + HEAD_BYTES + HEADER_BYTES
    if not data.startswith(TRACK, at) and at != least and data.startswith(TRACK, least):
        layout.remarks.append("the header's length is wrong")
        at = least
    return layout, max(at, least)


def declared_tracks(data: bytes, at: int) -> list[Span] | None:
    """Return the tracks by the lengths that the file declares; None if these are inconsistent."""
    spans: list[Span] = []
    size_of = len(data)
    while at < size_of:
        if at + HEAD_BYTES > size_of:
            return None
        kind = data[at : at + 4]
        start = at + HEAD_BYTES
        at = start + int.from_bytes(data[at + 4 : start])
        if at > size_of:
            return None
        if kind == TRACK:
            spans.append(Span(len(spans) + 1, start, at))
        elif kind == HEADER or not NAMED_CHUNK.match(kind):
            return None
    # A wrong length may swallow a whole track.
    return spans if spans and data.count(TRACK) == len(spans) else None
