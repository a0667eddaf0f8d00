"""Reads the events of a track one after another, strictly, so that a lost byte is noticed.

Format: "Standard MIDI Files 1.0", MMA 1996. Running status continues after meta and SysEx events.
That is against the standard, but real files do it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from drumatlas.errors import MidiFileError

MAX_TICKS = 1 << 28  # three days at 480 ticks a beat and 120 BPM; more is garbage

META, SYSEX, SYSEX_MORE = 0xFF, 0xF0, 0xF7
END_OF_TRACK, METRE, TEMPO = 0x2F, 0x58, 0x51
TRACK_NAME, INSTRUMENT_NAME = 0x03, 0x04

# Data bytes after each channel status (by high nibble 8..E).
DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
# System messages are not allowed in a file, but some files contain them. The undefined ones (F4,
# F5, F9, FD) are read as having no data; if they have some, the track does not end where it should.
SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
META_SIZES = {END_OF_TRACK: 0, TEMPO: 3}


class SmfEvent(NamedTuple):
    """One event. `at` is the position of its delta time, `data` that of its data, `end` the
    position after it. `kind` is a meta event's type, else 0."""

    at: int
    tick: int
    status: int  # 0x80..0xFF
    kind: int
    data: int
    end: int


class BrokenTrackError(MidiFileError):
    """A track can't be read from byte `at` on."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(f"byte {at}: {why}")
        self.at, self.why = at, why


class PastEndError(BrokenTrackError):
    """The event at byte `at` runs past the end of the data."""

    def __init__(self, at: int) -> None:
        super().__init__(at, "an event runs past the end")


def number(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable-length quantity at `at` and the position after it."""
    value = 0
    for i in range(at, at + 4):
        byte = data[i]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, i + 1
    raise BrokenTrackError(at, "a number of more than 4 bytes")


def events(data: bytes, at: int, end: int) -> Iterator[SmfEvent]:
    """Yield the events of a track's body in bytes [at, end), up to and including End of Track.

    BrokenTrackError at a malformed one; PastEndError at one that does not end before `end`.
    """
    tick = status = 0
    while at < end:
        try:
            event = _event(data, at, tick, status)
        except IndexError:
            raise PastEndError(at) from None
        if event.end > end:
            raise PastEndError(at)
        yield event
        if event.status == META and event.kind == END_OF_TRACK:
            return
        if event.status < SYSEX:
            status = event.status
        tick, at = event.tick, event.end


def _event(data: bytes, start: int, tick: int, status: int) -> SmfEvent:
    delta, at = number(data, start)
    tick += delta
    if tick > MAX_TICKS:
        raise BrokenTrackError(at, f"the time runs past {MAX_TICKS} ticks")
    if data[at] >= 0x80:
        status = data[at]
        at += 1
    if status == META:
        return _meta(data, start, at, tick)
    if status in {SYSEX, SYSEX_MORE}:
        size, at = number(data, at)
        return SmfEvent(start, tick, status, 0, at, at + size)
    if not status:
        raise BrokenTrackError(at, "data without a status")
    size = DATA_BYTES[status >> 4] if status < SYSEX else SYSTEM_BYTES.get(status, 0)
    for i in range(at, at + size):
        if data[i] >= 0x80:
            raise BrokenTrackError(i, "a status where data should be")
    return SmfEvent(start, tick, status, 0, at, at + size)


def _meta(data: bytes, start: int, at: int, tick: int) -> SmfEvent:
    kind = data[at]
    if kind >= 0x80:
        raise BrokenTrackError(at, "a meta event of no type")
    if kind == END_OF_TRACK:  # its length byte, always 0, may be missing
        has_length = at + 1 < len(data) and data[at + 1] == 0
        return SmfEvent(start, tick, META, kind, at + 1, at + 1 + has_length)
    size, place = number(data, at + 1)
    if META_SIZES.get(kind, size) != size or (kind == METRE and size < 2):
        raise BrokenTrackError(at, f"a meta event {kind:02X} of {size} bytes")
    return SmfEvent(start, tick, META, kind, place, place + size)
