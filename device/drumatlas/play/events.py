"""MIDI bytes with the time at which they are due: the sequencer's output and a port's input."""

from dataclasses import dataclass, field

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
SONG_POSITION = 0xF2
NOTE_ON, NOTE_OFF, CONTROL_CHANGE = 0x90, 0x80, 0xB0
ALL_NOTES_OFF, ALL_SOUND_OFF = 123, 120  # controllers
RELEASE_VELOCITY = 64  # MIDI 1.0: the value for senders without release sensing

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


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A change of musical time: from `at_ns` (monotonic ns) on, tick `tick` (24 a beat, from Start)
    and all later ticks are `ns_per_tick` apart. `is_start`: a run begins, or goes on after a stop.
    `is_stop`: musical time stands still at `tick` until the next start. It is meant for recorders,
    which need musical time, and is never sent over a wire."""

    at_ns: int
    tick: float
    ns_per_tick: float
    is_start: bool = False
    is_stop: bool = False


Output = Event | TempoChange


def panic(at_ns: int, channels: tuple[int, ...]) -> list[Event]:
    """Return All Notes Off and All Sound Off on `channels` (0..15), due at `at_ns`."""
    return [
        Event(at_ns, bytes((CONTROL_CHANGE | channel, controller, 0)))
        for channel in channels
        for controller in (ALL_NOTES_OFF, ALL_SOUND_OFF)
    ]
