"""What the sequencer gives and a port takes: MIDI bytes with the time they are due."""

from dataclasses import dataclass, field

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
SONG_POSITION = 0xF2
NOTE_ON, NOTE_OFF, CONTROL_CHANGE = 0x90, 0x80, 0xB0
ALL_NOTES_OFF, ALL_SOUND_OFF = 123, 120  # controllers
RELEASE_VELOCITY = 64  # what MIDI 1.0 tells senders without release sensing to send

# Rank among events of the same nanosecond: transport, then clock (the beat is counted from
# it), then what ends before what begins.
RANK_TRANSPORT, RANK_CLOCK, RANK_OFF, RANK_ON = range(4)


@dataclass(frozen=True, slots=True)
class Event:
    """MIDI bytes, due at `at_ns` (monotonic nanoseconds). A note-on sounds `gate` times as long
    as notes do. For recorders it names its `voice` (bit; a kit may play two by one note) and its
    `step` in the two bars, 0..31."""

    at_ns: int
    data: bytes
    gate: float = 1.0
    voice: int | None = field(default=None, compare=False)
    step: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From `at_ns` on, tick `tick` (24 a beat, from Start) and all behind it lie `ns_per_tick`
    apart. `is_start`: a run begins, or goes on after a stop. `is_stop`: musical time stands still
    at `tick` until the next start. For recorders, which need musical time; nothing that goes over
    a wire."""

    at_ns: int
    tick: float
    ns_per_tick: float
    is_start: bool = False
    is_stop: bool = False


Output = Event | TempoChange


def panic(at_ns: int, channels: tuple[int, ...]) -> list[Event]:
    """All Notes Off and All Sound Off on `channels` (0..15)."""
    return [
        Event(at_ns, bytes((CONTROL_CHANGE | channel, controller, 0)))
        for channel in channels
        for controller in (ALL_NOTES_OFF, ALL_SOUND_OFF)
    ]
