"""The climate of songs and genres: the tempo, swing and drum set that the files themselves have.

Everything is measured where a file's beats are. The tempo is as the file has it: mining does not
guess whether somebody has written a song at half or at twice the tempo that one feels.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import LEAST_BPM, MOST_BPM
from drumatlas.beat.codes import STEPS_PER_BEAT
from drumatlas.beat.grid import Region, median
from drumatlas.beat.smf import DrumTrack
from drumatlas.play.feel import SWING_MOST
from drumatlas_export.mine.drum_sets import drum_set

_NO_TEMPO = 500_000  # microseconds a beat until the first tempo of a file (SMF 1.0)
_NO_PROGRAM = -1
_FEWEST = 4  # steps with hits on the second, or on the fourth, 16ths of beats, to judge a swing by
_MANY = 8  # files of one tempo and several genres, to take it for a default
_TELLING = 0.25  # share of a genre's songs that select a drum set, to name the commonest

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SongClimate:
    """How the beats of a file are played: their tempo (quarter notes a minute), their swing (0..1,
    as the box's control means it), and the drum set that the file selects (of DRUM_SETS, '' for
    none)."""

    bpm: float
    swing: float
    kit: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """The climate of a file, with its genre, song and collection."""

    genre: str
    song: str
    collection: str
    climate: SongClimate


@dataclass(frozen=True, slots=True)
class Stretch:
    """A region that begins at tick `start`, and which of its steps belong to beats [steps]."""

    start: int
    region: Region
    is_beat: NDArray[np.bool_]


def song_climate(track: DrumTrack, stretches: Sequence[Stretch]) -> SongClimate | None:
    """Return how the beats in `stretches` (in order of time) are played.

    None if there are none, if the file says no tempo, or if its tempo is not one of music
    (LEAST_BPM..MOST_BPM).
    """
    tempos = [(tick, us) for tick, us in track.tempos if us]
    if not stretches or not tempos:
        return None
    edges = _edges(stretches, track.ticks_per_beat)
    bpm = _tempo(tempos, edges)
    if not LEAST_BPM <= bpm <= MOST_BPM:
        return None
    return SongClimate(bpm, _swing(stretches), _kit(track.programs, edges))


def _edges(stretches: Iterable[Stretch], ticks_per_beat: int) -> Doubles:
    """Return the ticks at which beats begin and end, by turns [2 n]."""
    parts = []
    for one in stretches:
        steps = np.flatnonzero(np.diff(one.is_beat, prepend=False, append=False))
        parts.append(one.start + steps * ticks_per_beat / STEPS_PER_BEAT)
    # The last step of a region may reach a little into the next region.
    result: Doubles = np.maximum.accumulate(np.concatenate(parts))
    return result


def _in_force(changes: Sequence[tuple[int, int]], edges: Doubles) -> Doubles:
    """Return for how many ticks between `edges` each of `changes` (tick, value) is in force."""
    length = np.diff(edges)
    length[1::2] = 0  # from the end of a beat to the next beat
    before = np.concatenate([[0.0], np.cumsum(length)])
    ticks = [tick for tick, _ in changes]
    result: Doubles = np.diff(np.interp(ticks, edges, before), append=before[-1])
    return result


def _tempo(tempos: Sequence[tuple[int, int]], edges: Doubles) -> float:
    """Return the median over time of the tempo of the beats, BPM.

    A median, since a pause or a fermata is often written as a very slow tempo.
    """
    if len(tempos) == 1 and tempos[0][0] <= edges[0]:
        return round(60e6 / tempos[0][1], 2)  # as most files have it
    changes = [(0, _NO_TEMPO), *tempos]
    us = np.array([us for _, us in changes], np.float64)
    order = np.argsort(us, kind="stable")
    time = np.cumsum((_in_force(changes, edges) * us)[order])
    return round(60e6 / float(us[order][np.searchsorted(time, time[-1] / 2)]), 2)


def _kit(programs: Sequence[tuple[int, int]], edges: Doubles) -> str:
    """Return the drum set of most ticks; '' for none, or one that General MIDI 2 does not have."""
    if not programs:
        return ""
    changes = [(0, _NO_PROGRAM), *programs]
    ticks: Counter[str] = Counter()
    for (_, program), count in zip(changes, _in_force(changes, edges).tolist(), strict=True):
        ticks[drum_set(program)] += count
    return _most_common(ticks)


def _swing(stretches: Sequence[Stretch]) -> float:
    """Return the swing 0..1: how much later the off 16ths are than the others.

    Swing delays the second and the fourth 16th of a beat alike (`play.step_player`). Triplets that
    mining has moved to 16ths, such as those of a shuffle, make the second late but the fourth
    early. So the one of the two that is less late counts, if both are played. Each is a median
    over all steps with hits.
    """
    late, place = [], []
    for one in stretches:
        steps = np.flatnonzero(one.is_beat & (one.region.hits > 0))
        late.append(one.region.late[steps] / one.region.hits[steps])
        place.append(steps % STEPS_PER_BEAT)
    lateness, places = np.concatenate(late), np.concatenate(place)
    on = lateness[places % 2 == 0]
    off = [own for own in (lateness[places == 1], lateness[places == 3]) if len(own) >= _FEWEST]
    if not off or not len(on):
        return 0.0
    delay = min(map(median, off)) - median(on)
    return round(min(max(delay / SWING_MOST, 0.0), 1.0), 3)


def genre_climates(files: Iterable[Measured]) -> dict[str, dict[str, Any]]:
    """Return the climate of each genre, for a report: the genre with the most songs first.

    Each has its number of `songs`, the quartiles of their tempos (`bpm`), the median of their
    `swing`, and the commonest `kit` if a quarter of them select one, else None. Several files of a
    song count as one. Files whose tempo is a program's default (`_real`) are left out.
    """
    songs_of: dict[str, dict[str, list[SongClimate]]] = {}
    for one in _real(list(files)):
        songs_of.setdefault(one.genre, {}).setdefault(one.song, []).append(one.climate)
    table = {
        genre: _summary([_of_song(own) for own in songs.values()])
        for genre, songs in songs_of.items()
    }
    return dict(sorted(table.items(), key=lambda one: (-one[1]["songs"], one[0])))


def _real(files: Sequence[Measured]) -> Sequence[Measured]:
    """Return the files without the collections that have one tempo for several genres: a program
    wrote it, not a musician. The same holds for all collections together."""
    by_collection: dict[str, list[Measured]] = {}
    for one in files:
        by_collection.setdefault(one.collection, []).append(one)
    kept = [one for own in by_collection.values() if not _has_default(own) for one in own]
    return [] if _has_default(kept) else kept


def _has_default(files: Sequence[Measured]) -> bool:
    tempos = {one.climate.bpm for one in files}
    return len(files) >= _MANY and len(tempos) == 1 and len({one.genre for one in files}) > 1


def _of_song(files: Sequence[SongClimate]) -> SongClimate:
    bpm = float(np.median([one.bpm for one in files]))
    swing = float(np.median([one.swing for one in files]))
    return SongClimate(bpm, swing, _most_common(Counter(one.kit for one in files if one.kit)))


def _summary(songs: Sequence[SongClimate]) -> dict[str, Any]:
    kits = Counter(song.kit for song in songs if song.kit)
    quartiles = np.percentile([song.bpm for song in songs], (25, 50, 75))
    return {
        "songs": len(songs),
        "bpm": [round(float(bpm), 1) for bpm in quartiles],
        "swing": round(float(np.median([song.swing for song in songs])), 3),
        "kit": _most_common(kits) if kits.total() >= _TELLING * len(songs) else None,
    }


def _most_common(kits: Mapping[str, float]) -> str:
    """Return the most frequent of `kits`, the first in the alphabet of several; '' for none."""
    return min(kits, key=lambda kit: (-kits[kit], kit), default="")
