"""Find the files that a job mines: every MIDI file at and below the given paths, in order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from drumatlas.errors import FileError
from drumatlas_export.mine.plain import read_plain
from drumatlas_export.mine.walk import Location, Walk, is_zip
from drumatlas_export.mine.zips import read_member

_NAMED = 12  # collections listed in an error message


@dataclass(frozen=True, slots=True)
class Source:
    """One file to mine: its location, its name in reports, and its collection."""

    path: Path
    name: str  # path below the given folder, with / between parts
    collection: str  # folder or zip file directly below the given path
    windowed: bool  # also cut into two-bar windows
    member: int | None = None  # number in the zip file at `path`; None if `path` is the MIDI file


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The files to mine, and the files passed over.

    `passed_over` counts these by reason; `named` lists (name, reason) of those that a user might
    miss.
    """

    sources: list[Source]
    passed_over: Counter[str]
    named: list[tuple[str, str]]


def find_sources(paths: Iterable[Path], windowed: list[str]) -> list[Source]:
    """Return the sources that `search` finds."""
    return search(paths, windowed).sources


def search(paths: Iterable[Path], windowed: list[str]) -> SearchResult:
    """Find all MIDI files at and below `paths`, including those in zip files.

    `windowed` holds patterns (`*` for all) of collections whose files are also cut into two-bar
    windows. FileError names a path that is missing or unreadable, or a pattern that matches no
    collection.
    """
    roots = list(paths)
    walk = Walk(roots)
    own = [_own_name(root) for root in roots]  # collections of files that lie in no folder
    used: set[str] = set()
    found: list[Source] = []
    for location in walk.locations:
        collection = location.parts[0] if len(location.parts) > 1 else own[location.root]
        fitting = {pattern for pattern in windowed if fnmatch(collection, pattern)}
        used |= fitting
        name, is_windowed = _name(location), bool(fitting)
        found.append(
            Source(location.path, name, printable(collection), is_windowed, location.member)
        )
    _check_used(windowed, used, found)
    return SearchResult(
        found, walk.counts, [(_name(location), reason) for location, reason in walk.passed]
    )


def _own_name(root: Path) -> str:
    """Return the collection of files that lie directly in `root`, a folder, zip file or file."""
    is_file = root.is_file() and not is_zip(root)
    return (root.parent if is_file else root).resolve().name


def _name(location: Location) -> str:
    return printable("/".join(location.parts) or str(location.path))


def read_source(source: Source, most: int) -> bytes:
    """Return at most `most` bytes of a source. Never waits for a pipe or a device.

    FileError says why it can't be read, without its name.
    """
    if source.member is None:
        return read_plain(source.path, most)
    return read_member(source.path, source.member, most)


def facts_of(source: Source) -> str:
    """Return text that changes when a source does: its name, member, size and modification time."""
    try:
        facts = source.path.stat()
        age = f"{facts.st_size}\0{facts.st_mtime_ns}"
    except OSError:
        age = "gone"
    return f"{source.name}\0{source.member}\0{source.windowed}\0{age}\n"


def _check_used(windowed: list[str], used: set[str], found: list[Source]) -> None:
    there = sorted({source.collection for source in found})
    for pattern in windowed:
        if there and pattern not in used:
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            names = ", ".join(there[:_NAMED]) + more
            raise FileError(
                f"--windows {printable(pattern)}: no such collection", f"choose from {names}"
            )


def printable(name: str) -> str:
    """Return a file name as text that can be written; old file names are not all UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
