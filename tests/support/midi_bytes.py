"""MIDI files put together byte by byte."""

import struct
from io import BytesIO

import mido

END = b"\x00\xff\x2f\x00"
FOUR_FOUR = b"\x00\xff\x58\x04\x04\x02\x18\x08"
# Resets of all parts of a synthesizer, each an event without delay.
XG_ON = bytes.fromhex("00 f0 08 43 10 4c 00 00 7e 00 f7")
GS_RESET = bytes.fromhex("00 f0 0a 41 10 42 12 40 00 7f 00 41 f7")
GM_ON = bytes.fromhex("00 f0 05 7e 7f 09 01 f7")
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
    """A track whose stated length is off by `wrong` bytes."""
    return b"MTrk" + struct.pack(">I", (len(body) + wrong) % 2**32) + body


def named(name: str) -> bytes:
    """A track's name."""
    return meta(3, name.encode())


def bank(channel: int, number: int, program: int = 0) -> bytes:
    """A bank and a program of it, for a channel 0..15."""
    return bytes((0, 0xB0 | channel, 0, number, 0, 0xC0 | channel, program))


def gs_part(block: int, use: int) -> bytes:
    """Roland GS: USE FOR RHYTHM PART, 0 for no."""
    body = bytes((0x41, 0x10, 0x42, 0x12, 0x40, 0x10 | block, 0x15, use, 0, 0xF7))
    return b"\x00\xf0" + bytes((len(body),)) + body


def xg_part(part: int, mode: int) -> bytes:
    """Yamaha XG: the mode of a part, 0 for a melody."""
    return b"\x00\xf0\x08" + bytes((0x43, 0x10, 0x4C, 0x08, part, 0x07, mode, 0xF7))
