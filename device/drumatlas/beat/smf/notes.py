"""Reads the notes of a track's body, fast: mining spends most of its time here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from drumatlas.beat.smf.events import (
    DATA_BYTES,
    END_OF_TRACK,
    INSTRUMENT_NAME,
    MAX_TICKS,
    META,
    METRE,
    SYSEX,
    SYSEX_MORE,
    SYSTEM_BYTES,
    TEMPO,
    TRACK_NAME,
    BrokenTrackError,
    number,
)
from drumatlas.beat.smf.track import CHANNEL, DRUM_CHANNEL, KEY, TICK
from drumatlas.errors import MidiFileError

MAX_NOTES = 200_000
MAX_SIGNATURES = 10_000  # each starts a grid of its own
MAX_PROGRAMS = 1_000  # of channel 10 in a track; a song changes its drum set a few times
MAX_NAME = 200  # bytes
MAX_SETUP = 16  # bytes; longer SysEx messages are dumps of sounds

# The treatment of a message, by its status byte. 0 or more: it is a wanted note, and the number is
# its channel's bits in a packed note. -1, -2: skip as many bytes of data. _KEEP: keep it. _PROGRAM:
# keep the program that it sets.
_KEEP, _NO_STATUS, _PROGRAM = -3, -4, -5
DRUM_PROGRAM = 0xC0 | DRUM_CHANNEL
TIME_MARKS = (b"\xff\x58", b"\xff\x51")  # metre and tempo


@dataclass(frozen=True, slots=True)
class Wanted:
    """The messages to read: see above. A track without any of the `marks` contains none of them."""

    todo: list[int]
    marks: tuple[bytes, ...]


@dataclass(slots=True)
class TrackEvents:
    """The events that were read from a track. `number` counts from 1."""

    number: int
    packed: list[int] = field(default_factory=list)  # as in DrumTrack
    signatures: list[tuple[int, int, int]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    programs: list[tuple[int, int]] = field(default_factory=list)  # tick, 0..127: of channel 10
    names: list[bytes] = field(default_factory=list)  # of the track and its instrument
    unsound: int = 0  # notes with a key or velocity over 127, which `packed` omits
    setup: list[tuple[int, bytes]] = field(default_factory=list)  # tick, message: see `everything`


@cache
def notes_of(channels: frozenset[int]) -> Wanted:
    """Ask for metres, tempos and the notes of `channels` (0..15), and the programs of channel 10 if
    it is one of them."""
    todo = [-DATA_BYTES.get(status >> 4, 0) for status in range(256)]
    for channel in channels:
        todo[0x90 | channel] = channel << CHANNEL
    if DRUM_CHANNEL in channels:
        todo[DRUM_PROGRAM] = _PROGRAM
    return Wanted(todo, (*(bytes((0x90 | channel,)) for channel in sorted(channels)), *TIME_MARKS))


@cache
def everything() -> Wanted:
    """Ask also for the notes of all channels, control and program changes, and short SysEx."""
    wanted = notes_of(frozenset(range(16)))
    todo = wanted.todo.copy()
    kept = (*range(0xB0, 0xD0), SYSEX)
    for status in kept:
        todo[status] = _KEEP
    return Wanted(todo, (*wanted.marks, *(bytes((status,)) for status in kept)))


def read_notes(  # noqa: PLR0912, PLR0913 - a loop that calls nothing is twice as fast
    data: bytes, at: int, end: int, wanted: Wanted, into: TrackEvents, *, tick: int = 0
) -> tuple[int, bool]:
    """Read a track's body, bytes [at, end), from `tick` on; return the position where it ended and
    whether End of Track is there.

    Drum notes and deltas of two bytes are read in place, and first: they are most of a drum track.
    Only wanted events are parsed. BrokenTrackError, IndexError or a position past `end` mean that
    the track is malformed, and its events must not be used.
    """
    status, todo = 0, _NO_STATUS
    todo_of = wanted.todo
    add = into.packed.append
    while at < end:
        delta = data[at]
        if delta < 0x80:
            at += 1
        elif (byte := data[at + 1]) < 0x80:
            delta = (delta & 0x7F) << 7 | byte
            at += 2
        else:
            delta, at = number(data, at)
        tick += delta
        byte = data[at]
        if byte >= 0xF0:
            at, is_over = _system(data, at, tick, wanted, into)
            if is_over:
                return at, True
            continue
        if byte >= 0x80:
            status, todo = byte, todo_of[byte]
            at += 1
        if todo >= 0:
            velocity = data[at + 1]
            if velocity:
                key = data[at]
                if key < 128 > velocity:
                    add(tick << TICK | todo | key << KEY | velocity)
                else:
                    into.unsound += 1
            at += 2
        elif todo >= -2:
            at -= todo
        elif todo == _PROGRAM:
            at = _keep_program(data, at, tick, into)
        else:
            at = _keep(data, at, tick, status, into)
    _check_length(into, tick, at)
    return at, False


def _keep(data: bytes, at: int, tick: int, status: int, into: TrackEvents) -> int:
    """Keep the message whose data is at `at`; return the position after it."""
    if not status:
        raise BrokenTrackError(at, "data without a status")
    size = DATA_BYTES[status >> 4]
    into.setup.append((tick, bytes((status,)) + data[at : at + size]))
    return at + size


def _keep_program(data: bytes, at: int, tick: int, into: TrackEvents) -> int:
    """Keep the program at `at`, unless it is the one before; return the position after it."""
    program, before = data[at], into.programs[-1][1] if into.programs else None
    if before != program < 128 and len(into.programs) < MAX_PROGRAMS:
        into.programs.append((tick, program))
    return at + 1


def _system(data: bytes, at: int, tick: int, wanted: Wanted, into: TrackEvents) -> tuple[int, bool]:
    """Read the event at `at`, which has no channel; return the position after it and whether it is
    End of Track."""
    byte = data[at]
    if byte == META:
        _check_length(into, tick, at)
        return _meta(data, at + 1, tick, into)
    if byte in {SYSEX, SYSEX_MORE}:
        size, at = number(data, at + 1)
        if size <= MAX_SETUP and wanted.todo[byte] == _KEEP:
            into.setup.append((tick, bytes((byte,)) + data[at : at + size]))
        return at + size, False
    return at + 1 + SYSTEM_BYTES.get(byte, 0), False


def _meta(data: bytes, at: int, tick: int, into: TrackEvents) -> tuple[int, bool]:
    kind = data[at]
    if kind == END_OF_TRACK:
        has_length = at + 1 < len(data) and data[at + 1] == 0
        return at + 1 + has_length, True
    size, at = number(data, at + 1)
    if kind == METRE and size >= 2:
        into.signatures.append((tick, data[at], 1 << min(data[at + 1], 8)))
        check_bounds((), into.signatures)
    elif kind == TEMPO and size == 3:
        into.tempos.append((tick, int.from_bytes(data[at : at + 3])))
    elif kind in {TRACK_NAME, INSTRUMENT_NAME} and len(into.names) < 2:
        into.names.append(data[at : at + min(size, MAX_NAME)])
    return at + size, False


def _check_length(into: TrackEvents, tick: int, at: int) -> None:
    """Raise MidiFileError if a track that has reached `tick` is too long for music."""
    if tick > MAX_TICKS:
        raise BrokenTrackError(at, f"the time runs past {MAX_TICKS} ticks")
    check_bounds(into.packed, ())


def check_bounds(notes: Sequence[int], signatures: Sequence[tuple[int, int, int]]) -> None:
    """Raise MidiFileError if there are too many of these for music."""
    if len(notes) > MAX_NOTES:
        raise MidiFileError(f"more than {MAX_NOTES} drum notes")
    if len(signatures) > MAX_SIGNATURES:
        raise MidiFileError(f"more than {MAX_SIGNATURES} time signatures")
