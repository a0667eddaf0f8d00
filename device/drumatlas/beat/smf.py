"""Drum note-ons and metre of a Standard MIDI File, from its bytes.

Only what a drum pattern needs: channel-10 note-ons and time signatures. Written here and
not taken from a library because the two that are fast or common lose notes or stop: symusic
drops note-ons that have no note-off (whole drum tracks in some collections), mido raises five
unrelated exceptions on malformed files. Format: "Standard MIDI Files 1.0", MMA 1996.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from struct import error as struct_error
from struct import unpack_from

import numpy as np
from numpy.typing import NDArray

from drumatlas.errors import MidiFileError

DRUM_CHANNEL = 9  # "channel 10", counted from 0
MAX_BYTES = 8 << 20  # a long orchestral file has under 1 MB; more is no song
MAX_TICKS = 1 << 28  # at 480 ticks a beat and 120 BPM three days; more is garbage
MAX_NOTES = 200_000
MAX_SIGNATURES = 10_000  # each begins a grid of its own

_DRUM_ON = 0x90 | DRUM_CHANNEL
_METRE = b"\xff\x58"

# Data bytes behind each channel status (by high nibble 8..E).
_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
# System common messages have no place in a file, but some files hold them.
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}


# A note as one number, `tick << _TICK | key << _KEY | velocity`: sorting and arrays are cheap so.
_TICK, _KEY, _SEVEN = 14, 7, 0x7F


@dataclass(slots=True)
class DrumTrack:
    """All drums of a file, in ticks. Notes and `signatures` are in order of time."""

    ticks_per_beat: int
    packed: list[int] = field(default_factory=list)  # a number a note, see `unpacked`
    signatures: list[tuple[int, int, int]] = field(default_factory=list)  # tick, n, d of n/d
    tempos: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a beat

    @property
    def notes(self) -> list[tuple[int, int, int]]:
        """(tick, key, velocity) of each note."""
        return [(note >> _TICK, note >> _KEY & _SEVEN, note & _SEVEN) for note in self.packed]

    @property
    def end(self) -> int:
        """The tick behind the last note; 0 without notes."""
        return (self.packed[-1] >> _TICK) + 1 if self.packed else 0

    def unpacked(self, start: int, end: int) -> tuple[NDArray[np.int64], ...]:
        """Ticks, keys and velocities [n] of the notes in ticks [start, end)."""
        first, behind = (bisect_left(self.packed, tick << _TICK) for tick in (start, end))
        notes = np.array(self.packed[first:behind], np.int64)
        return notes >> _TICK, notes >> _KEY & _SEVEN, notes & _SEVEN


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Variable-length quantity at `at`: its value and the place behind it."""
    value = 0
    for i in range(at, at + 4):
        byte = data[i]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, i + 1
    raise MidiFileError(f"byte {at}: a number of more than 4 bytes")


def _meta(data: bytes, at: int, tick: int, track: DrumTrack) -> int:
    """Meta event whose type stands at `at`; returns the place behind it, -1 at the track's end."""
    kind = data[at]
    size, at = _number(data, at + 1)
    if kind == 0x2F:
        return -1
    if kind == 0x58 and size >= 2:
        track.signatures.append((tick, data[at], 1 << min(data[at + 1], 8)))
        if len(track.signatures) > MAX_SIGNATURES:
            raise MidiFileError(f"more than {MAX_SIGNATURES} time signatures")
    if kind == 0x51 and size == 3:
        track.tempos.append((tick, int.from_bytes(data[at : at + 3])))
    return at + size


def _track(data: bytes, at: int, end: int, track: DrumTrack) -> bool:
    """Read one MTrk body into `track`; whether its end was marked.

    Running status goes on over meta and SysEx events (against the standard, but real files do it).
    Drum notes and short deltas are read in place, and first: they are most of a drum track.
    """
    tick = 0
    status = 0
    add = track.packed.append
    while at < end:
        delta = data[at]
        at += 1
        if delta >= 0x80:
            delta, at = _number(data, at - 1)
        tick += delta
        byte = data[at]
        if byte >= 0xF0:
            at = _system(data, at, tick, track)
            if at < 0:
                return True
            continue
        if byte >= 0x80:
            status = byte
            at += 1
        if status == _DRUM_ON:
            velocity = data[at + 1] & 0x7F
            if velocity:
                add(tick << _TICK | (data[at] & 0x7F) << _KEY | velocity)
            at += 2
        elif status:
            at += _DATA_BYTES[status >> 4]
        else:
            raise MidiFileError(f"byte {at}: data without a status")
    _check_length(track, tick, at)
    return False


def _system(data: bytes, at: int, tick: int, track: DrumTrack) -> int:
    """The event at `at` that has no channel; returns the place behind it, -1 at the track's end."""
    byte = data[at]
    if byte == 0xFF:
        _check_length(track, tick, at)
        return _meta(data, at + 1, tick, track)
    if byte in {0xF0, 0xF7}:
        size, at = _number(data, at + 1)
        return at + size
    return at + 1 + _SYSTEM_BYTES.get(byte, 0)


def _check_length(track: DrumTrack, tick: int, at: int) -> None:
    """MidiFileError if a track that has come to `tick` is longer than music is."""
    if tick > MAX_TICKS:
        raise MidiFileError(f"byte {at}: the time runs past {MAX_TICKS} ticks")
    if len(track.packed) > MAX_NOTES:
        raise MidiFileError(f"more than {MAX_NOTES} drum notes")


def _header(data: bytes) -> tuple[int, int]:
    """Ticks a beat, and where the chunks behind the header begin."""
    start = 0
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        start = max(data.find(b"MThd", 12, 64), 0)  # Microsoft's wrapping of a plain file
    if data[start : start + 4] != b"MThd":
        raise MidiFileError("not a MIDI file (no MThd at its start)")
    size, form, _, division = unpack_from(">IHHH", data, start + 4)
    if size < 6 or form > 1:
        raise MidiFileError(f"header size {size}, format {form}: only formats 0 and 1 can be read")
    if not 0 < division < 0x8000:
        raise MidiFileError("time in SMPTE frames, not in beats")
    return division, start + 8 + size


def _may_matter(data: bytes, at: int, size: int) -> bool:
    """Whether a track of `size` bytes may hold drums or a metre, or runs past the end of the file.

    Most tracks of a song play other instruments: what stands in them need not be read. Drums
    need their status somewhere, also where it runs on.
    """
    end = at + size
    return end > len(data) or data.find(_DRUM_ON, at, end) >= 0 or data.find(_METRE, at, end) >= 0


def read_drums(data: bytes) -> DrumTrack:
    """Channel-10 notes and time signatures of a file's bytes; MidiFileError if malformed (tracks
    with neither are skipped unread).

    A last track that is cut short counts as malformed: its music can't be trusted.
    """
    if len(data) > MAX_BYTES:
        raise MidiFileError(f"{len(data)} bytes; over {MAX_BYTES >> 20} MiB is no song")
    try:
        division, at = _header(data)
        result = DrumTrack(division)
        while at + 8 <= len(data):
            kind = data[at : at + 4]
            (size,) = unpack_from(">I", data, at + 4)
            at += 8
            if kind == b"MTrk" and _may_matter(data, at, size):
                is_whole = _track(data, at, min(at + size, len(data)), result)
                if not is_whole and at + size > len(data):
                    raise MidiFileError("cut short: a track runs past the end of the file")
            at += size
    except (IndexError, struct_error):
        raise MidiFileError("cut short: an event runs past the end of the file") from None
    result.packed.sort()
    result.signatures.sort()
    result.tempos.sort()
    return result
