"""One file: its bytes in, the patterns that stand in it out."""

from dataclasses import dataclass, field, replace

from drumatlas.beat.grid import four_four, regions
from drumatlas.beat.smf import MAX_BYTES, DrumTrack, read_drums
from drumatlas.errors import DrumatlasError, FileError
from drumatlas.explore.filters import MIN_ENTROPY
from drumatlas_export.mine.patterns import Found, lively, repeated, windows
from drumatlas_export.mine.sources import Source, read_source


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a pattern: times in a row, and nats of entropy."""

    repeats: int = 3
    min_entropy: float = MIN_ENTROPY


@dataclass(slots=True)
class FileResult:
    """What one file gave. `refusal` is why the whole file gave nothing, or ''."""

    refusal: str = ""
    found: list[Found] = field(default_factory=list)


def mine_file(source: Source, rules: Rules) -> FileResult:
    """Every pattern of one file. Never raises for what stands in the file.

    Bytes, notes, ticks, metres and steps of a file are bounded, and with them time and memory:
    no file takes over some seconds or 200 MB, on whatever machine, with the same result.
    """
    try:
        data = read_source(source, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return FileResult(f"over {MAX_BYTES >> 20} MiB")
        track = read_drums(data)
        return mine_track(track, source.windowed, rules)
    except FileError as error:
        return FileResult(f"unreadable: {error}")
    except DrumatlasError as error:
        return FileResult(f"malformed: {error}")


def unrepeated(rules: Rules) -> str:
    """The refusal of files like loops: two-bar windows would find something in them."""
    return f"no two bars stand {rules.repeats} times in a row"


def mine_track(track: DrumTrack, is_windowed: bool, rules: Rules) -> FileResult:
    """The same of notes that were read; MidiFileError if they claim an absurd time."""
    if not track.packed:
        return FileResult("no drums on channel 10")
    ranges = four_four(track)
    if not ranges:
        return FileResult("not in 4/4")
    found: list[Found] = []
    for _, region in regions(track, ranges):
        found += repeated(region, rules.repeats)
        if is_windowed:
            found += windows(region)
    if not found:
        return FileResult(unrepeated(rules))
    alive = lively(found, rules.min_entropy)
    judged = [
        one if is_one or one.refusal else replace(one, refusal="entropy too low")
        for one, is_one in zip(found, alive, strict=True)
    ]
    return FileResult("", judged)
