"""Read performances as two-bar windows on the grid, with each hit's velocity and lateness."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.drum_map import NO_VOICE
from drumatlas.beat.drums import BY_ITSELF, Drums, Reading, read
from drumatlas.beat.grid import Region, four_four, misfit_reason, regions
from drumatlas.beat.smf import MAX_BYTES, DrumTrack
from drumatlas.beat.voices import VOICES
from drumatlas.errors import BeatError, FileError, MidiFileError
from drumatlas_export.mine.reasons import by_number, counted
from drumatlas_export.mine.sources import Source, read_source

_NO_TEMPO = 500_000  # microseconds per beat, the MIDI file standard's default
_MIN_VELOCITIES = 5  # distinct ones in a file; with fewer, it is not a performance
_MAX_SHIFT = 0.25  # steps; `beat.grid` corrects a file's latency in the same way

Window = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Played:
    """Two-bar windows of performances.

    `loud` [n, 32, 14] holds velocities, 0 (no hit) to 127, and `late_ms` [n, 32, 14] how far hits
    lie behind the grid in ms. `session` [n] numbers the players' sessions: a groove learned from
    some is measured on others. `left_out` counts the files that gave no window, by reason.
    `unvoiced` counts the notes without a voice, by key 0..127.
    """

    loud: NDArray[np.float64]
    late_ms: NDArray[np.float64]
    session: NDArray[np.int64]
    left_out: Counter[str] = field(default_factory=Counter)
    unvoiced: Mapping[int, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()  # 'FILE: sentence', for each file with a fault

    def part(self, which: NDArray[np.bool_]) -> "Played":
        """Return the windows where the mask `which` [n] is true."""
        return replace(
            self,
            loud=self.loud[which],
            late_ms=self.late_ms[which],
            session=self.session[which],
        )


def read_played(sources: Sequence[Source], reading: Reading = BY_ITSELF) -> Played:
    """Return all windows in straight 16ths; each folder is a session.

    Files that can't be read, or whose velocities are not those of a player, are left out.
    BeatError if no window remains, with the reasons.
    """
    windows: list[Window] = []
    session: list[int] = []
    numbers: dict[str, int] = {}
    left_out: Counter[str] = Counter()
    unvoiced: Counter[int] = Counter()
    remarks: list[str] = []
    for source in sources:
        number = numbers.setdefault(str(PurePath(source.name).parent), len(numbers))
        found, reason = _windows_of(source, reading, unvoiced, remarks)
        windows += found
        session += [number] * len(found)
        left_out.update([reason] if reason else [])
    if not windows:
        why = by_number(counted(len(sources), "file"), left_out)
        fault = "no file holds two bars of drums in 4/4 and straight 16ths, by a player"
        raise BeatError(f"{fault}; {why}")
    loud, late = (np.stack(part) for part in zip(*windows, strict=True))
    return Played(loud, late, np.array(session), left_out, unvoiced, tuple(remarks))


def _windows_of(
    source: Source, reading: Reading, unvoiced: Counter[int], remarks: list[str]
) -> tuple[list[Window], str]:
    """Return (windows of a file, reason if there are none or '').

    Adds the file's notes without a voice to `unvoiced`, and its faults to `remarks`.
    """
    try:
        data = read_source(source, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return [], f"over {MAX_BYTES >> 20} MiB"
        drums = read(data, reading)
        track = drums.track
        found = list(regions(track, four_four(track), drums.drum_map))
    except FileError:
        return [], "unreadable"
    except MidiFileError as error:
        remarks.append(f"{source.name}: left out: {error}")
        return [], "malformed"
    remarks += [f"{source.name}: {remark}" for remark in track.remarks]
    if not found:
        return [], drums.why_empty
    if len({loud for _, _, loud in track.notes}) < _MIN_VELOCITIES:
        return [], f"fewer than {_MIN_VELOCITIES} different velocities: not a performance"
    unvoiced.update(drums.unvoiced)
    windows = [one for (start, end), region in found for one in _windows(drums, start, end, region)]
    return windows, "" if windows else "no two bars in straight 16ths"


def _windows(drums: Drums, start: int, end: int, region: Region) -> Iterator[Window]:
    loud, late = _laid_out(drums, start, end, len(region.codes))
    for place in range(0, len(region.codes) - STEPS_PER_BAR, STEPS):
        is_straight = not misfit_reason(*region.misfit(place, place + STEPS))
        window = loud[place : place + STEPS]
        both = window[:STEPS_PER_BAR].any() and window[STEPS_PER_BAR:].any()
        if both and is_straight:
            yield window, late[place : place + STEPS]


def _laid_out(drums: Drums, start: int, end: int, length: int) -> Window:
    """Return (velocity, lateness in ms), each [steps, 14], with steps a multiple of 32.

    Of several hits of a voice on a step, the loudest counts.
    """
    track = drums.track
    ticks, channels, keys, velocities = track.unpacked(start, end)
    bits = drums.drum_map.bits(channels, keys).astype(np.int64)
    bits[bits == NO_VOICE] = VOICES  # a column of their own, which is cut off below
    position = (ticks - start) * STEPS_PER_BEAT / track.ticks_per_beat
    shift = float(np.median((position - np.rint(position))[bits < VOICES]))
    position -= shift if abs(shift) <= _MAX_SHIFT else 0.0
    step = np.clip(np.rint(position), 0, length - 1).astype(np.int64)
    step_ms = _tempos_at(track, ticks) / 1000 / STEPS_PER_BEAT
    shape = (-(-length // STEPS) * STEPS, VOICES + 1)
    loud, late = np.zeros(shape), np.zeros(shape)
    order = np.argsort(velocities, kind="stable")  # the loudest last, so that it stays
    loud[step[order], bits[order]] = velocities[order]
    late[step[order], bits[order]] = ((position - step) * step_ms)[order]
    return loud[:, :VOICES], late[:, :VOICES]


def _tempos_at(track: DrumTrack, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the tempo at each of `ticks` [n], in microseconds per beat."""
    places = [bisect_right(track.tempos, tick, key=itemgetter(0)) for tick in ticks.tolist()]
    return np.array([track.tempos[i - 1][1] if i else _NO_TEMPO for i in places], np.float64)
