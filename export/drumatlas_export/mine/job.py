"""The mining job: files to workers, patterns back, one row a rotation class.

The result does not depend on the number of workers: files are taken in the order of their
paths, and everything is merged in that order.
"""

import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from multiprocessing import get_context
from pathlib import Path

from drumatlas.beat.codes import Code, canonical
from drumatlas.beat.grid import four_four, quantise
from drumatlas.beat.smf import MAX_BYTES, read_drums
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import DrumatlasError, FileError
from drumatlas.explore.filters import MIN_ENTROPY
from drumatlas_export.mine.genres import Labeller
from drumatlas_export.mine.patterns import Found, lively, repeated, windows
from drumatlas_export.mine.songs import song_of

SUFFIXES = {".mid", ".midi", ".kar", ".rmi"}
_NAMED = 12  # collections in an error's line
WINDOW_LABEL = "window"  # label of beats that came from two-bar windows, not from repeats


@dataclass(frozen=True, slots=True)
class Source:
    """One file to mine: where it is, what it is called in reports, and its collection."""

    path: Path
    name: str  # path below the folder that was named, / between parts
    collection: str
    windowed: bool


@dataclass(slots=True)
class FileResult:
    """What one file gave. `refusal` is why the whole file gave nothing, or ''."""

    refusal: str = ""
    found: list[Found] = field(default_factory=list)


@dataclass(slots=True)
class _Class:
    """What is known of one rotation class."""

    phases: Counter[Code] = field(default_factory=Counter)
    songs: set[str] = field(default_factory=set)
    genres: Counter[str] = field(default_factory=Counter)
    collections: set[str] = field(default_factory=set)
    is_repeated: bool = False


@dataclass(slots=True)
class Mined:
    """All beats of a job and how they came about."""

    classes: dict[Code, _Class] = field(default_factory=dict)
    files: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    patterns_refused: Counter[str] = field(default_factory=Counter)
    errors: list[float] = field(default_factory=list)  # quantisation error of kept patterns


def find_sources(paths: Iterable[Path], windowed: list[str]) -> list[Source]:
    """All MIDI files at and below `paths`, in order; FileError names a path that is not there.

    `windowed` are patterns (`*`: all) of collections whose files are cut in two-bar windows;
    one that fits no collection is a FileError.
    """
    sources: dict[Path, Source] = {}
    used: set[str] = set()
    for root in paths:
        if not root.exists():
            raise FileError(f"{root}: no such file or folder")
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        base = root if root.is_dir() else root.parent
        for file in files:
            if root.is_dir() and (file.suffix.lower() not in SUFFIXES or not file.is_file()):
                continue
            parts = file.relative_to(base).parts
            collection = parts[0] if len(parts) > 1 else base.resolve().name
            fitting = {pattern for pattern in windowed if fnmatch(collection, pattern)}
            used |= fitting
            name = _printable("/".join(parts))
            sources.setdefault(file, Source(file, name, _printable(collection), bool(fitting)))
    found = list(sources.values())
    _check_used(windowed, used, found)
    return found


def _check_used(windowed: list[str], used: set[str], found: list[Source]) -> None:
    there = sorted({source.collection for source in found})
    for pattern in windowed:
        if there and pattern not in used:
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            names = ", ".join(there[:_NAMED]) + more
            raise FileError(f"--windows {_printable(pattern)}: no such collection; there: {names}")


def _printable(name: str) -> str:
    """A file name as text that can be written: names of old collections are not all UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def mine_file(source: Source, repeats: int, min_entropy: float) -> FileResult:
    """Every pattern of one file. Never raises for what stands in the file."""
    try:
        if source.path.stat().st_size > MAX_BYTES:
            return FileResult(f"over {MAX_BYTES >> 20} MiB")
        track = read_drums(source.path.read_bytes())
    except DrumatlasError as error:
        return FileResult(f"malformed: {error}")
    except OSError as error:
        return FileResult(f"unreadable: {error.strerror or error}")
    if not track.notes:
        return FileResult("no drums on channel 10")
    regions = [quantise(track, start, end) for start, end in four_four(track)]
    if not regions:
        return FileResult("not in 4/4")
    result = FileResult()
    for region in filter(None, regions):
        result.found.extend(repeated(region, repeats))
        if source.windowed:
            result.found.extend(windows(region))
    result.found = [
        Found(one.code, one.error, one.repeats, one.refusal or _entropy_refusal(one, min_entropy))
        for one in result.found
    ]
    if not result.found:
        result.refusal = f"no two bars stand {repeats} times in a row"
    return result


def _entropy_refusal(found: Found, min_entropy: float) -> str:
    return "" if lively(found, min_entropy) else "entropy too low"


def _merge(mined: Mined, source: Source, result: FileResult, label: Labeller) -> None:
    mined.files += 1
    if result.refusal:
        mined.refused.append((source.name, result.refusal))
    genre = label(source.name)
    for found in result.found:
        if found.refusal:
            mined.patterns_refused[found.refusal] += 1
            continue
        one = mined.classes.setdefault(canonical(found.code), _Class())
        one.phases[found.code] += 1
        one.songs.add(song_of(source.name))
        one.collections.add(source.collection)
        one.is_repeated |= found.repeats > 1
        if genre:
            one.genres[genre] += 1
        mined.errors.append(found.error)


_settings: tuple[int, float] = (3, MIN_ENTROPY)  # of this worker process


def _start_worker(repeats: int, min_entropy: float) -> None:
    # Ctrl-C goes to all processes of a terminal; the one that began the job ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    global _settings  # noqa: PLW0603 - the pool offers no other way to hand a worker constants
    _settings = (repeats, min_entropy)


def _work(source: Source) -> FileResult:
    return mine_file(source, *_settings)


def mine(  # noqa: PLR0913 - a job's settings, by name
    sources: list[Source],
    label: Labeller,
    *,
    repeats: int = 3,
    min_entropy: float = MIN_ENTROPY,
    jobs: int = 1,
    progress: Callable[[], None] = lambda: None,
) -> Mined:
    """Mine all `sources` with `jobs` processes. `progress` is called once a file."""
    mined = Mined()
    results: Iterator[FileResult]
    with get_context("spawn").Pool(jobs, _start_worker, (repeats, min_entropy)) as pool:
        results = pool.imap(_work, sources, chunksize=32)
        for source, result in zip(sources, results, strict=True):
            _merge(mined, source, result, label)
            progress()
    return mined


def rows(mined: Mined) -> list[BeatRow]:
    """One row a rotation class, beats of a song together, each in its most frequent phase."""
    result = []
    for one in mined.classes.values():
        phase = min(one.phases, key=lambda code: (-one.phases[code], code))
        genres = sorted(one.genres, key=lambda genre: (-one.genres[genre], genre))
        labels = (*genres, *(() if one.is_repeated else (WINDOW_LABEL,)))
        result.append(BeatRow(phase, labels=tuple(labels), songs=tuple(sorted(one.songs))))
    return sorted(result, key=lambda row: (row.songs, row.code))
