"""One file: its bytes in, the patterns that stand in it out."""

from dataclasses import dataclass, field, replace

from drumatlas.beat.grid import four_four, other_metres, regions, why_empty
from drumatlas.beat.smf import MAX_BYTES, DrumTrack, read_drums
from drumatlas.errors import DrumatlasError
from drumatlas.explore.filters import MIN_ENTROPY
from drumatlas_export.mine.patterns import Found, lively, repeated, windows
from drumatlas_export.mine.sources import Source


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a pattern: times in a row, and nats of entropy."""

    repeats: int = 3
    min_entropy: float = MIN_ENTROPY


@dataclass(slots=True)
class FileResult:
    """What one file gave. `refusal` is why the whole file gave nothing, or ''; `remarks` are
    sentences about faults that were read past and drums that were found by inference."""

    refusal: str = ""
    found: list[Found] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def mine_file(source: Source, rules: Rules) -> FileResult:
    """Every pattern of one file. Never raises for what stands in the file.

    Bytes, notes, ticks, metres and steps of a file are bounded, and with them time and memory:
    no file takes over some seconds or 200 MB, on whatever machine, with the same result.
    """
    try:
        if source.path.stat().st_size > MAX_BYTES:
            return FileResult(f"over {MAX_BYTES >> 20} MiB")
        track = read_drums(source.path.read_bytes())
        return mine_track(track, source.windowed, rules)
    except DrumatlasError as error:
        return FileResult(f"malformed: {error}")
    except OSError as error:
        return FileResult(f"unreadable: {error.strerror or error}")


def mine_track(track: DrumTrack, is_windowed: bool, rules: Rules) -> FileResult:
    """Return every pattern of notes that were read; MidiFileError if they claim an absurd time."""
    found: list[Found] = []
    is_empty = True
    for _, region in regions(track, four_four(track)):
        is_empty = False
        found += repeated(region, rules.repeats)
        if is_windowed:
            found += windows(region)
    if is_empty and (not track.packed or other_metres(track)):
        return FileResult(why_empty(track), remarks=track.remarks)
    if not found:
        refusal = f"no two bars stand {rules.repeats} times in a row"
        return FileResult(refusal, remarks=track.remarks)
    alive = lively(found, rules.min_entropy)
    judged = [
        one if is_one or one.refusal else replace(one, refusal="entropy too low")
        for one, is_one in zip(found, alive, strict=True)
    ]
    return FileResult("", judged, track.remarks)
