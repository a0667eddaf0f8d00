"""Drum note-ons and metre of a Standard MIDI File, from its bytes.

Only what a drum pattern needs: channel-10 note-ons and time signatures. Written here and
not taken from a library because the two that are fast or common lose notes or stop: symusic
drops note-ons that have no note-off (whole drum tracks in some collections), mido raises five
unrelated exceptions on malformed files. Format: "Standard MIDI Files 1.0", MMA 1996.
"""

from struct import error as struct_error
from struct import unpack_from

from drumatlas.beat.smf.track import CHANNEL, KEY, TICK, DrumTrack
from drumatlas.errors import MidiFileError

DRUM_CHANNEL = 9  # "channel 10", counted from 0
MAX_BYTES = 8 << 20  # a long orchestral file has under 1 MB; more is no song
MAX_TICKS = 1 << 28  # at 480 ticks a beat and 120 BPM three days; more is garbage
MAX_NOTES = 200_000
MAX_SIGNATURES = 10_000  # each begins a grid of its own

_METRE = b"\xff\x58"

# Data bytes behind each channel status (by high nibble 8..E).
_DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
# System common messages have no place in a file, but some files hold them.
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}


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


def _track(data: bytes, at: int, end: int, track: DrumTrack, channels: frozenset[int]) -> bool:
    """Read one MTrk body into `track`; return whether its end was marked.

    Running status goes on over meta and SysEx events (against the standard, but real files do it).
    Drum notes and short deltas are read in place, and first: they are most of a drum track.
    """
    tick = 0
    status = 0
    channel_bits = {0x90 | channel: channel << CHANNEL for channel in channels}
    bits: int | None = None
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
            bits = channel_bits.get(status)
            at += 1
        if bits is not None:
            velocity = data[at + 1] & 0x7F
            if velocity:
                add(tick << TICK | bits | (data[at] & 0x7F) << KEY | velocity)
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


def _may_matter(data: bytes, at: int, size: int, channels: frozenset[int]) -> bool:
    """Whether a track of `size` bytes may hold drums or a metre, or runs past the end of the file.

    Most tracks of a song play other instruments: what stands in them need not be read. Drums
    need their status somewhere, also where it runs on.
    """
    end = at + size
    if end > len(data) or data.find(_METRE, at, end) >= 0:
        return True
    return any(data.find(0x90 | channel, at, end) >= 0 for channel in channels)


def read_drums(data: bytes, channels: frozenset[int] | None = None) -> DrumTrack:
    """Return the drums and time signatures in a file's bytes; MidiFileError if malformed.

    `channels` (0..15) are those that play drums; None means channel 10.

    A last track that is cut short counts as malformed: its music can't be trusted.
    """
    if len(data) > MAX_BYTES:
        raise MidiFileError(f"{len(data)} bytes; over {MAX_BYTES >> 20} MiB is no song")
    wanted = frozenset((DRUM_CHANNEL,)) if channels is None else channels
    try:
        division, at = _header(data)
        result = DrumTrack(division)
        while at + 8 <= len(data):
            kind = data[at : at + 4]
            (size,) = unpack_from(">I", data, at + 4)
            at += 8
            if kind == b"MTrk" and _may_matter(data, at, size, wanted):
                is_whole = _track(data, at, min(at + size, len(data)), result, wanted)
                if not is_whole and at + size > len(data):
                    raise MidiFileError("cut short: a track runs past the end of the file")
            at += size
    except (IndexError, struct_error):
        raise MidiFileError("cut short: an event runs past the end of the file") from None
    result.packed.sort()
    result.signatures.sort()
    result.tempos.sort()
    return result
