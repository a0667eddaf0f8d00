"""Drum maps: which voice a note plays, by its channel and key.

General MIDI's note table applies to any channel. A machine's own map has the notes of its kit, on
the kit's channels.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.voices import (
    BIT_OF_NOTE,
    V_DRUMS,
    V_DRUMS_EDGES,
    V_DRUMS_NOTES,
    VOICE_TABLE,
)

NO_VOICE = 255
CHANNELS, KEYS = 16, 128
GM_CHANNEL = 9  # channel 10, counted from 0

Place = tuple[int, int]  # note 0..127, channel 0..15


@dataclass(frozen=True, slots=True)
class DrumMap:
    """A note map. `table` [16 * 128] holds the voice (bit, or NO_VOICE) of each channel and key.
    `channels` (0..15) are those with drums; None means those that the file shows."""

    name: str
    table: bytes
    channels: frozenset[int] | None = None

    def bits(self, channels: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the voice (bit, or NO_VOICE) of each note [n], by `channels` [n] 0..15 and `keys`
        [n] 0..127."""
        table = np.frombuffer(self.table, np.uint8)
        result: NDArray[np.uint8] = table[channels * KEYS + keys]
        return result

    def bit(self, channel: int, key: int) -> int:
        """Return the voice (bit, or NO_VOICE) of one note."""
        return self.table[channel * KEYS + key]

    def on(self, channels: frozenset[int]) -> "DrumMap":
        """Return the same map for drums on `channels`. A channel that this map does not name gets
        the notes of those that it names."""
        rows = [self._row(channel) for channel in range(CHANNELS)]
        named = sorted(self.channels or ())
        if named:
            merged = bytearray(_EMPTY)
            for channel in reversed(named):  # where two differ, the first one wins
                for key, bit in enumerate(rows[channel]):
                    merged[key] = bit if bit != NO_VOICE else merged[key]
            rows = [row if channel in named else bytes(merged) for channel, row in enumerate(rows)]
        return DrumMap(self.name, b"".join(rows), channels)

    def _row(self, channel: int) -> bytes:
        return self.table[channel * KEYS : (channel + 1) * KEYS]


_EMPTY = bytes([NO_VOICE]) * KEYS


def _row_of(bits: Iterable[tuple[int, int]]) -> bytes:
    row = bytearray(_EMPTY)
    for note, bit in bits:
        row[note] = bit
    return bytes(row)


GM = DrumMap("gm", _row_of(BIT_OF_NOTE.items()) * CHANNELS)
SYNTH_MAP = DrumMap(
    "gm",
    _row_of((key, bit) for key, bit in BIT_OF_NOTE.items() if key not in V_DRUMS_EDGES) * CHANNELS,
)
V_DRUMS_MAP = DrumMap("v-drums", _row_of({**BIT_OF_NOTE, **V_DRUMS}.items()) * CHANNELS)


def map_for(keys: Collection[int], *, is_for_synth: bool = False) -> DrumMap:
    """Return the map of a file that names none and has the notes `keys`: that of V-Drums if the
    notes show that V-Drums wrote it, else General MIDI's. In a file for a GS or XG synth
    (`is_for_synth`) the keys of V-Drums' hat edges have no voice."""
    used = frozenset(keys)
    if used & V_DRUMS_EDGES and used <= V_DRUMS_NOTES:
        return V_DRUMS_MAP
    return SYNTH_MAP if is_for_synth else GM


def base_table(channels: Collection[int]) -> bytearray:
    """Return a table without voices, except for General MIDI's on channel 10 if that is among
    `channels`."""
    table = bytearray(_EMPTY * CHANNELS)
    if GM_CHANNEL in channels:
        start = GM_CHANNEL * KEYS
        table[start : start + KEYS] = GM.table[start : start + KEYS]
    return table


def map_of_voices(name: str, voices: Sequence[Place]) -> DrumMap:
    """Return the map of a kit that plays each voice, in order of the bits, at a note and channel.

    Where voices share a note, the first of them has it. A voice that keeps its General MIDI note on
    a channel also keeps the notes that fold into it there. On channel 10, every note that the kit
    does not use is General MIDI's.
    """
    channels = frozenset(channel for _, channel in voices)
    table = base_table(channels)
    for voice, (note, channel) in zip(VOICE_TABLE, voices, strict=True):
        if note == voice.note:
            for fold in voice.folds:
                table[channel * KEYS + fold] = voice.bit
    for bit in reversed(range(len(voices))):
        note, channel = voices[bit]
        table[channel * KEYS + note] = bit
    return DrumMap(name, bytes(table), channels)
