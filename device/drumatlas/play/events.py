"""MIDI bytes with the time at which they are due: the sequencer's output and a port's input.

Messages stay bytes, because objects would slow down the loops that handle them. The functions here
read and make them. Each message is complete, as `midi.parser` returns it. The status bytes are
those of MIDI 1.0, tables I and II.
"""

from dataclasses import dataclass, field, replace

from drumatlas.play.timeline import Timeline

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
SONG_POSITION = 0xF2
TRANSPORT = frozenset({START[0], CONTINUE[0], STOP[0], SONG_POSITION})
NOTE_ON, NOTE_OFF, CONTROL_CHANGE, PROGRAM_CHANGE = 0x90, 0x80, 0xB0, 0xC0
ALL_NOTES_OFF, ALL_SOUND_OFF = 123, 120  # controllers
RELEASE_VELOCITY = 64  # MIDI 1.0: the value for senders without release sensing

LAST_POSITION = 0x3FFF  # largest 16th that Song Position can name

Key = tuple[int, int]  # channel 0..15, note 0..127

# Order of events in the same nanosecond: transport, then clock (the beat is counted from it),
# then note-offs before note-ons.
RANK_TRANSPORT, RANK_CLOCK, RANK_OFF, RANK_ON = range(4)


@dataclass(frozen=True, slots=True)
class Event:
    """MIDI bytes, due at `at_ns` (monotonic ns). A note-on sounds for `gate` times the usual note
    length. For recorders it carries its `voice` (bit; a kit may play two voices with one note) and
    its `step` in the two bars, 0..31."""

    at_ns: int
    data: bytes
    gate: float = 1.0
    voice: int | None = field(default=None, compare=False)
    step: int | None = field(default=None, compare=False)

    def delayed(self, by_ns: int) -> "Event":
        """Return the same message, due `by_ns` later."""
        return replace(self, at_ns=self.at_ns + by_ns)


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A change of musical time: it runs along `line` from the anchor of `line` on. `is_start`: a
    run begins, or goes on after a stop. `is_stop`: musical time stands still at the anchor until
    the next start. It is meant for recorders, which need musical time, and is never sent over a
    wire."""

    line: Timeline
    is_start: bool = False
    is_stop: bool = False

    @property
    def at_ns(self) -> int:
        """When musical time changes, monotonic ns."""
        return self.line.anchor_ns

    def delayed(self, by_ns: int) -> "TempoChange":
        """Return the same change, `by_ns` later."""
        return replace(self, line=self.line.delayed(by_ns))


Output = Event | TempoChange


def kind(data: bytes) -> int:
    """Return the kind of a channel message, such as NOTE_ON: its status without the channel. The
    kind of every system message is 0xF0."""
    return data[0] & 0xF0


def is_system(data: bytes) -> bool:
    """Return whether a message has no channel: clock, transport, SysEx and the like."""
    return data[0] >= 0xF0


def channel(data: bytes) -> int:
    """Return the channel of a channel message, 0..15."""
    return data[0] & 0x0F


def note_key(data: bytes) -> Key:
    """Return the channel and the note of a note-on or note-off."""
    return data[0] & 0x0F, data[1]


def is_note(data: bytes) -> bool:
    """Return whether a message is a note-on or a note-off."""
    return data[0] & 0xF0 in {NOTE_ON, NOTE_OFF}


def is_note_on(data: bytes) -> bool:
    """Return whether a message starts a note. A note-on of velocity 0 is a note-off."""
    return data[0] & 0xF0 == NOTE_ON and data[2] > 0


def note_off(at_ns: int, key: Key) -> Event:
    """Return the note-off for `key`, due at `at_ns` (monotonic ns)."""
    return Event(at_ns, bytes((NOTE_OFF | key[0], key[1], RELEASE_VELOCITY)))


def song_position(step: int) -> bytes:
    """Return the Song Position message for 16th `step`, counted from the song's beginning. Beyond
    LAST_POSITION the count starts again at 0."""
    step &= LAST_POSITION
    return bytes((SONG_POSITION, step & 0x7F, step >> 7))


def position_of(data: bytes) -> int:
    """Return the 16th of a Song Position message, 0..LAST_POSITION."""
    return data[1] | data[2] << 7


def panic(at_ns: int, channels: tuple[int, ...]) -> list[Event]:
    """Return All Notes Off and All Sound Off on `channels` (0..15), due at `at_ns`."""
    return [
        Event(at_ns, bytes((CONTROL_CHANGE | channel, controller, 0)))
        for channel in channels
        for controller in (ALL_NOTES_OFF, ALL_SOUND_OFF)
    ]
