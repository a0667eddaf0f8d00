"""The drums of one MIDI file, in ticks."""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

DRUM_CHANNEL = 9  # "channel 10", counted from 0

# A note is one number, `tick << TICK | channel << CHANNEL | key << KEY | velocity`: numbers sort
# fast, by time first, and convert to an array directly.
TICK, CHANNEL, KEY = 18, 14, 7
_FOUR_BITS, _SEVEN_BITS = 0x0F, 0x7F


def packed_note(tick: int, channel: int, key: int, velocity: int) -> int:
    """Return a note as one number; channel 0..15, key 0..127, velocity 1..127."""
    return tick << TICK | channel << CHANNEL | key << KEY | velocity


@dataclass(slots=True)
class DrumTrack:
    """All drums of a file, in ticks. Notes, `signatures`, `tempos` and `programs` are in order of
    time.

    `remarks` are sentences about damage that was skipped and about drums found by inference.
    """

    ticks_per_beat: int
    packed: list[int] = field(default_factory=list)  # one number per note, see `unpacked`
    signatures: list[tuple[int, int, int]] = field(default_factory=list)  # tick, n, d of n/d
    tempos: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a beat
    programs: list[tuple[int, int]] = field(default_factory=list)  # tick, program of channel 10
    remarks: list[str] = field(default_factory=list)
    channels: frozenset[int] = frozenset((DRUM_CHANNEL,))  # the requested ones, 0..15
    unread: list[int] = field(
        default_factory=list
    )  # channels (0..15) with notes, if none are drums

    @property
    def notes(self) -> list[tuple[int, int, int]]:
        """The (tick, key, velocity) of each note."""
        return [
            (note >> TICK, note >> KEY & _SEVEN_BITS, note & _SEVEN_BITS) for note in self.packed
        ]

    def has_notes(self, start: int, end: int) -> bool:
        """Return whether there are notes in ticks [start, end)."""
        place = bisect_left(self.packed, start << TICK)
        return place < len(self.packed) and self.packed[place] >> TICK < end

    @property
    def end(self) -> int:
        """The tick after the last note; 0 without notes."""
        return (self.packed[-1] >> TICK) + 1 if self.packed else 0

    def unpacked(self, start: int, end: int) -> tuple[NDArray[np.int64], ...]:
        """Return ticks, channels (0..15), keys and velocities [n] of the notes in ticks [start,
        end)."""
        first, behind = (bisect_left(self.packed, tick << TICK) for tick in (start, end))
        notes = np.array(self.packed[first:behind], np.int64)
        return (
            notes >> TICK,
            notes >> CHANNEL & _FOUR_BITS,
            notes >> KEY & _SEVEN_BITS,
            notes & _SEVEN_BITS,
        )
