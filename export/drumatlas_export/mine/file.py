"""Mine one file: read its bytes, return the patterns in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from drumatlas.beat.drums import BY_ITSELF, Drums, Reading, read
from drumatlas.beat.grid import Region, four_four, other_metres, regions
from drumatlas.beat.smf import MAX_BYTES
from drumatlas.errors import DrumatlasError, FileError
from drumatlas.explore.filters import MIN_ENTROPY
from drumatlas_export.mine.climate import SongClimate, Stretch, song_climate
from drumatlas_export.mine.patterns import Found, lively, repeated, windows
from drumatlas_export.mine.sources import Source, read_source


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as a pattern, and how files are read."""

    repeats: int = 3  # times in a row, at least 2
    min_entropy: float = MIN_ENTROPY  # nats
    reading: Reading = BY_ITSELF


@dataclass(slots=True)
class FileResult:
    """The result of one file.

    `refusal` is the reason if the whole file gave nothing, else ''. `remarks` are sentences about
    faults that the reader skipped and drums that it inferred. `unvoiced` counts the notes without
    a voice, by key 0..127. `climate` is that of the file's beats, None without beats or tempo.
    """

    refusal: str = ""
    found: list[Found] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unvoiced: dict[int, int] = field(default_factory=dict)
    climate: SongClimate | None = None


def mine_file(source: Source, rules: Rules) -> FileResult:
    """Return every pattern of one file. Nothing in the file can make this raise.

    The bytes, notes, ticks, metres and steps of a file are limited, and with them time and memory:
    a file takes at most a few seconds and 200 MB. The result is the same on every machine.
    """
    try:
        data = read_source(source, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return FileResult(f"over {MAX_BYTES >> 20} MiB")
        return mine_drums(read(data, rules.reading), source.windowed, rules)
    except FileError as error:
        return FileResult(f"unreadable: {error}")
    except DrumatlasError as error:
        return FileResult(f"malformed: {error}")


def unrepeated(rules: Rules) -> str:
    """Return the refusal of a file that repeats nothing, in which windows might find beats."""
    return f"no two bars are played {rules.repeats} times in a row"


def mine_drums(drums: Drums, is_windowed: bool, rules: Rules) -> FileResult:
    """Return every pattern in a drum part; MidiFileError if its notes lie at absurd times.

    With `is_windowed`, two-bar windows count, too.
    """
    track = drums.track
    rest = FileResult(remarks=track.remarks, unvoiced=dict(drums.unvoiced))
    places: list[tuple[int, Region, list[Found]]] = []
    is_empty = True
    for (start, _), region in regions(track, four_four(track), drums.drum_map):
        is_empty = False
        found = [*repeated(region, rules.repeats), *(windows(region) if is_windowed else ())]
        if found:
            places.append((start, region, found))
    if is_empty and (not drums.voiced or other_metres(track)):
        return replace(rest, refusal=drums.why_empty)
    if not places:
        return replace(rest, refusal=unrepeated(rules))
    judged = iter(_judged([one for _, _, found in places for one in found], rules))
    stretches: list[Stretch] = []
    for start, region, found in places:
        own = list(islice(judged, len(found)))
        rest.found += own
        stretches += _stretch(start, region, own)
    return replace(rest, climate=song_climate(track, stretches))


def _judged(found: Sequence[Found], rules: Rules) -> list[Found]:
    """Return the patterns with the monotonous ones refused."""
    alive = lively(found, rules.min_entropy)
    return [
        one if is_one or one.refusal else replace(one, refusal="entropy too low")
        for one, is_one in zip(found, alive, strict=True)
    ]


def _stretch(start: int, region: Region, found: Sequence[Found]) -> list[Stretch]:
    """Return where in a region that begins at tick `start` the beats among `found` stand; [] if
    there are none."""
    is_beat = np.zeros(len(region.codes), bool)
    for one in found:
        if not one.refusal:
            is_beat[slice(*one.steps)] = True
    return [Stretch(start, region, is_beat)] if is_beat.any() else []
