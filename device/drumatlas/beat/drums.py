"""The drums of a MIDI file as voices: its notes, the map that assigns voices to them, and the notes
that were lost.

Everything that takes beats from a file (mining, `encode`, `groove`, files dropped on the page)
reads it here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from drumatlas.beat.codes import Code
from drumatlas.beat.drum_map import CHANNELS, GM, KEYS, NO_VOICE, DrumMap, map_for
from drumatlas.beat.grid import regions, why_empty
from drumatlas.beat.mark import APPLIED, find_mark
from drumatlas.beat.smf import DrumTrack, read_drums
from drumatlas.beat.smf.track import KEY
from drumatlas.beat.voices import UNVOICED_NAMES

EDITED = "the notes were edited after drumatlas wrote them: voices that share a note count as one"
# Roland's GS reset and Yamaha's XG system on, as songs made for such synths begin (manuals of the
# SC-88 and MU80, "MIDI implementation").
SYNTH_RESETS = (b"\x42\x12\x40\x00\x7f\x00\x41", b"\x4c\x00\x00\x7e\x00")
SHOWN_KEYS = 12  # keys in a line


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: with which map (None: the one that a file names or shows), and on which
    `channels` 0..15 (None: those of the map, or those that the file shows)."""

    drum_map: DrumMap | None = None
    channels: frozenset[int] | None = None


@dataclass(slots=True)
class Drums:
    """Notes, and the map that gives each its voice. `unvoiced` counts the notes without a voice, by
    key 0..127. The file begins with step `lead` (0..31) of two bars."""

    track: DrumTrack
    drum_map: DrumMap = GM
    unvoiced: Counter[int] = field(default_factory=Counter)
    lead: int = 0

    @property
    def voiced(self) -> int:
        """How many notes have a voice."""
        return len(self.track.packed) - self.unvoiced.total()

    @property
    def why_empty(self) -> str:
        """Why these drums contain no beat, if they contain none."""
        if self.track.packed and not self.voiced:
            return "no note has a voice"
        return why_empty(self.track)

    def two_bars(self, ranges: list[tuple[int, int]]) -> Iterator[tuple[Code, str]]:
        """Yield every two bars in these tick ranges (from `four_four`), see `Region.two_bars`."""
        for (start, _), region in regions(self.track, ranges, self.drum_map):
            yield from region.two_bars(0 if start else self.lead)


BY_ITSELF = Reading()


def read(data: bytes, reading: Reading = BY_ITSELF) -> Drums:
    """Return the drums in a MIDI file's bytes; MidiFileError if it can't be read.

    A map that was asked for has priority, then the mark in our own takes, then the map that the
    notes suggest (`map_for`).
    """
    if reading.drum_map is not None:
        return _read_by(data, reading.drum_map, reading.channels)
    mark = find_mark(data)
    if mark is None:
        track = read_drums(data, reading.channels)
        counts = _counts(track)
        keys = {place % KEYS for place in counts}
        is_for_synth = any(reset in data for reset in SYNTH_RESETS)
        return _counted(track, map_for(keys, is_for_synth=is_for_synth), counts)
    track = read_drums(data, reading.channels or mark.drum_map.channels)
    applied = mark.applied(track)
    if applied is not None:
        return replace(_counted(applied, APPLIED, _counts(applied)), lead=mark.lead)
    track.remarks.append(EDITED)
    return replace(_counted(track, mark.drum_map, _counts(track)), lead=mark.lead)


def _read_by(data: bytes, drum_map: DrumMap, channels: frozenset[int] | None) -> Drums:
    if channels is not None:
        drum_map = drum_map.on(channels)
    track = read_drums(data, drum_map.channels)
    return _counted(track, drum_map, _counts(track))


def _counts(track: DrumTrack) -> dict[int, int]:
    """Return the number of notes by channel * 128 + key."""
    places = np.array(track.packed, np.int64) >> KEY & (CHANNELS * KEYS - 1)
    counts = np.bincount(places, minlength=CHANNELS * KEYS)
    return {int(place): int(counts[place]) for place in np.flatnonzero(counts)}


def _counted(track: DrumTrack, drum_map: DrumMap, counts: Mapping[int, int]) -> Drums:
    unvoiced: Counter[int] = Counter()
    for place, count in counts.items():
        if drum_map.table[place] == NO_VOICE:
            unvoiced[place % KEYS] += count
    return Drums(track, drum_map, unvoiced)


def label(key: int) -> str:
    """Return the name of a note without a voice, for reports: `33 (metronome click)`."""
    return f"{key} ({UNVOICED_NAMES[key]})" if key in UNVOICED_NAMES else str(key)


def unvoiced_line(unvoiced: Mapping[int, int]) -> str:
    """Return a line on how many notes had no voice, and which; empty if all had one."""
    total = sum(unvoiced.values())
    if not total:
        return ""
    keys = sorted(unvoiced, key=lambda key: (-unvoiced[key], key))
    parts = [f"note {label(key)}: {unvoiced[key]}" for key in keys[:SHOWN_KEYS]]
    more = [f"{len(keys) - SHOWN_KEYS} more"] if len(keys) > SHOWN_KEYS else []
    plural = "s" if total > 1 else ""
    return f"{total} note{plural} without a voice ({', '.join([*parts, *more])})"


def misfit_line(reasons: Sequence[str]) -> str:
    """Return a line on how many windows were moved to 16ths, and why; empty if none were. `reasons`
    has one entry a window, "" if it is on the grid."""
    counts = Counter(reason for reason in reasons if reason)
    if not counts:
        return ""
    words = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"of {len(reasons)} two-bar windows: {words}; moved to the nearest 16ths"
