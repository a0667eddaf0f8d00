"""MIDI files put together byte by byte: for tests of what can be read of them."""

import struct
from io import BytesIO

import mido

END = b"\x00\xff\x2f\x00"
FOUR_FOUR = b"\x00\xff\x58\x04\x04\x02\x18\x08"
_STEP = 120  # ticks, at 480 a beat

# A rock beat of one bar: step, key.
BEAT = (
    *((step, 42) for step in range(0, 16, 2)),
    *((0, 36), (4, 38), (8, 36), (10, 36), (12, 38)),
)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its true length."""
    return kind + struct.pack(">I", len(body)) + body


def header(tracks: int, form: int = 1, division: int = 480) -> bytes:
    """The chunk that a file begins with."""
    return chunk(b"MThd", struct.pack(">HHH", form, tracks, division))


def file_of(*tracks: bytes, form: int = 1, division: int = 480) -> bytes:
    """A file of track bodies."""
    return header(len(tracks), form, division) + b"".join(chunk(b"MTrk", one) for one in tracks)


def meta(kind: int, body: bytes) -> bytes:
    """A meta event, at once."""
    return b"\x00\xff" + bytes((kind, len(body))) + body


def beat(bars: int = 4) -> list[tuple[int, int]]:
    """(tick, key) of BEAT's notes."""
    return sorted(((bar * 16 + step) * _STEP, key) for bar in range(bars) for step, key in BEAT)


def played(notes: list[tuple[int, int]], channel: int = 9, before: bytes = b"") -> bytes:
    """A track's body: notes (tick, key) with note-offs half a step later, and End of Track."""
    events = [(tick, 1, key) for tick, key in notes] + [(tick + 60, 0, key) for tick, key in notes]
    track = mido.MidiTrack()
    now = 0
    for tick, is_on, key in sorted(events):
        kind = "note_on" if is_on else "note_off"
        message = mido.Message(kind, channel=channel, note=key, velocity=90, time=tick - now)
        track.append(message)
        now = tick
    buffer = BytesIO()
    mido.MidiFile(tracks=[track]).save(file=buffer)
    return before + buffer.getvalue()[22:]


def with_length(body: bytes, wrong: int) -> bytes:
    """A track whose length is said to be off by `wrong` bytes."""
    return b"MTrk" + struct.pack(">I", (len(body) + wrong) % 2**32) + body
