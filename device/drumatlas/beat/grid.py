"""Quantises note times to steps: 4/4 regions of a file on 16ths, with the error measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, STEPS_PER_BEAT, Code
from drumatlas.beat.drum_map import GM, NO_VOICE, DrumMap
from drumatlas.beat.smf import DrumTrack
from drumatlas.errors import MidiFileError

BEATS_PER_BAR = 4  # quarters, in 4/4
MOST_METRES = 5  # named in a message
MAX_STEPS = 1 << 18  # 16,384 bars; longer regions are ignored, longer files refused
MAX_SHIFT = 0.25  # steps; a whole performance may be early or late by up to this
MAX_ERROR = 0.16  # mean distance from the grid, steps; notes at random have 0.25
TRIPLET = STEPS_PER_BEAT / 3  # steps between 8th triplets, where swung 8ths fall, too


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of 4/4, quantised. Step 0 is a downbeat; all arrays are [steps]."""

    codes: NDArray[np.uint16]
    hits: NDArray[np.int32]  # notes that fell on each step
    error: NDArray[np.float64]  # sum of their distances from it, in steps (0..0.5 each)
    triplet_error: NDArray[np.float64]  # the same from the nearest 8th triplet (0..0.67 each)
    late: NDArray[np.float64]  # sum of how far they lie behind it, in steps (-0.5..0.5 each)

    def misfit(self, start: int, stop: int) -> tuple[float, float]:
        """Return the mean distance (steps) of the notes in start..stop from 16ths, and from 8th
        triplets."""
        notes = max(int(self.hits[start:stop].sum()), 1)
        return (
            float(self.error[start:stop].sum()) / notes,
            float(self.triplet_error[start:stop].sum()) / notes,
        )

    def two_bars(self, lead: int = 0) -> Iterator[tuple[Code, str]]:
        """Yield the code of every two bars that have hits, and why its notes are not straight 16ths
        ("" if they are). The region begins with step `lead` (0..31) of two bars."""
        before = np.zeros(lead, np.uint16)
        after = np.zeros(-(lead + len(self.codes)) % STEPS, np.uint16)
        windows = np.concatenate([before, self.codes, after]).reshape(-1, STEPS)
        for number, window in enumerate(windows):
            if window.any():
                place = number * STEPS - lead
                error = self.misfit(max(place, 0), place + STEPS)
                yield tuple(window.tolist()), misfit_reason(*error)


def misfit_reason(error: float, triplet_error: float) -> str:
    """Return why notes with these mean distances (see `Region.misfit`) are not straight 16ths; ""
    if they are."""
    if error > triplet_error:
        return "swing or triplets"
    return "off the 16th grid" if error > MAX_ERROR else ""


def bar_beats(numerator: int, denominator: int) -> int:
    """Return how many beats (quarters) a bar has whose bar lines coincide with those of 4/4; 0 for
    others.

    These are one or more bars of 4/4 (4/4, 2/2, 8/8, 4/2, 8/4), or half a bar (2/4, 4/8), but never
    3/4 or 6/8.
    """
    if numerator < 1 or numerator & (numerator - 1) or denominator < 1:
        return 0
    beats, rest = divmod(BEATS_PER_BAR * numerator, denominator)
    return beats if not rest and beats >= BEATS_PER_BAR // 2 else 0


def four_four(track: DrumTrack) -> list[tuple[int, int]]:
    """Return the tick ranges [start, end) in 4/4, or in bars that coincide with those of 4/4.
    Without any signature that is the whole file.

    A signature that repeats the one in force starts no new range (files restate it), nor does one
    that changes nothing, such as 2/2 at a bar line of 4/4. Bars of 2/4 count in pairs from where
    they begin; a single one left at the end of a range is not part of it.
    """
    bar = track.ticks_per_beat * BEATS_PER_BAR
    ranges: list[tuple[int, int]] = []
    start, metre = 0, (4, 4)
    for tick, numerator, denominator in track.signatures:
        beats, now = bar_beats(numerator, denominator), bar_beats(*metre)
        is_same = (numerator, denominator) == metre
        if is_same or (beats and now and (tick - start) % bar == 0):
            metre = (numerator, denominator)
            continue
        odd = (tick - start) % bar if 0 < now < BEATS_PER_BAR else 0
        if now and tick - odd > start:
            ranges.append((start, min(tick - odd, track.end)))
        start, metre = tick, (numerator, denominator)
    if bar_beats(*metre) and track.end > start:
        ranges.append((start, track.end))
    return [(start, end) for start, end in ranges if start < end]


def why_empty(track: DrumTrack) -> str:
    """Return why a file has no drums in 4/4: it has none at all, or only in other metres."""
    if not track.packed:
        named = ", ".join(str(channel + 1) for channel in sorted(track.channels))
        words = f"no drums on channel {named}"
        if track.unread:
            words += f": notes only on {', '.join(str(channel + 1) for channel in track.unread)}"
        return words
    metres = other_metres(track)
    return f"in {', '.join(metres)}" if metres else f"no drums in 4/4 within {MAX_STEPS} steps"


def other_metres(track: DrumTrack) -> list[str]:
    """Return the metres with drums that do not coincide with 4/4, such as '3/4'."""
    metres: dict[str, None] = {}
    changes = [*track.signatures, (track.end, 4, 4)]
    for (start, numerator, denominator), (end, _, _) in pairwise(changes):
        if start < end and not bar_beats(numerator, denominator) and track.has_notes(start, end):
            metres[f"{numerator}/{denominator}"] = None
    return list(metres)[:MOST_METRES]


def regions(
    track: DrumTrack, ranges: list[tuple[int, int]], drum_map: DrumMap = GM
) -> Iterator[tuple[tuple[int, int], Region]]:
    """Yield the tick ranges [start, end) that have drums, each quantised.

    One after the other, since a forged file may claim thousands of the longest. MidiFileError once
    they have over MAX_STEPS steps together.
    """
    steps = 0
    for start, end in ranges:
        region = quantise(track, start, end, drum_map)
        if region is None:
            continue
        steps += len(region.codes)
        if steps > MAX_STEPS:
            raise MidiFileError(f"over {MAX_STEPS} steps of music")
        yield (start, end), region


def quantise(track: DrumTrack, start: int, end: int, drum_map: DrumMap = GM) -> Region | None:
    """Return the drums of ticks [start, end) on the grid that begins at `start`, by the voices of
    `drum_map`; None if there are none.

    A constant shift of the whole region (a late sequencer, a player ahead of the beat) is removed
    before the error is measured. This is done separately for 16ths and for triplets, because the
    median of swung 8ths lies between the two grids.
    """
    ticks, channels, keys, _ = track.unpacked(start, end)
    bits = drum_map.bits(channels, keys)
    is_drum = bits != NO_VOICE
    ticks, bits = ticks[is_drum], bits[is_drum]
    if not len(ticks):
        return None
    position = (ticks - start) * STEPS_PER_BEAT / track.ticks_per_beat
    on_16ths = position - _shift(position, 1.0)
    nearest = np.rint(on_16ths)
    late = on_16ths - nearest
    step = np.maximum(nearest, 0).astype(np.int64)
    length = int(step.max()) + 1
    if length > MAX_STEPS:
        return None
    codes = np.zeros(length, np.uint16)
    np.bitwise_or.at(codes, step, np.uint16(1) << bits.astype(np.uint16))
    return Region(
        codes,
        np.bincount(step, minlength=length).astype(np.int32),
        np.bincount(step, np.abs(late), minlength=length).astype(np.float64),
        np.bincount(step, np.abs(_off(position, TRIPLET)), minlength=length).astype(np.float64),
        np.bincount(step, late, minlength=length).astype(np.float64),
    )


def _shift(position: NDArray[np.float64], spacing: float) -> float:
    """Return by how much (steps) the notes as a whole are late against a grid; 0 if that is
    implausible."""
    shift = median(position - spacing * np.rint(position / spacing))
    return shift if abs(shift) <= MAX_SHIFT else 0.0


def _off(position: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Return the signed distance (steps) of each note from the nearest grid point, without the
    common shift."""
    moved = position - _shift(position, spacing)
    result: NDArray[np.float64] = moved - spacing * np.rint(moved / spacing)
    return result


def median(values: NDArray[np.float64]) -> float:
    """Return the median. np.median spends more time on its checks than on a song's notes."""
    low, high = (len(values) - 1) // 2, len(values) // 2
    parted = np.partition(values, (low, high))
    return float((parted[low] + parted[high]) / 2)
