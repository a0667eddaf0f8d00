"""Mine one file: read its bytes, return the patterns in it."""

from dataclasses import dataclass, field, replace

from drumatlas.beat.drums import BY_ITSELF, Drums, Reading, read
from drumatlas.beat.grid import four_four, other_metres, regions
from drumatlas.beat.smf import MAX_BYTES
from drumatlas.errors import DrumatlasError, FileError
from drumatlas.explore.filters import MIN_ENTROPY
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
    a voice, by key 0..127.
    """

    refusal: str = ""
    found: list[Found] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unvoiced: dict[int, int] = field(default_factory=dict)


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
    found: list[Found] = []
    is_empty = True
    for _, region in regions(track, four_four(track), drums.drum_map):
        is_empty = False
        found += repeated(region, rules.repeats)
        if is_windowed:
            found += windows(region)
    if is_empty and (not drums.voiced or other_metres(track)):
        return replace(rest, refusal=drums.why_empty)
    if not found:
        return replace(rest, refusal=unrepeated(rules))
    alive = lively(found, rules.min_entropy)
    judged = [
        one if is_one or one.refusal else replace(one, refusal="entropy too low")
        for one, is_one in zip(found, alive, strict=True)
    ]
    return replace(rest, found=judged)
