"""Which files a job mines: every MIDI file at and below the paths that were named, in order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from drumatlas.errors import FileError
from drumatlas_export.mine.plain import read_plain
from drumatlas_export.mine.walk import Place, Walk, is_zip
from drumatlas_export.mine.zips import read_member

_NAMED = 12  # collections in an error's line


@dataclass(frozen=True, slots=True)
class Source:
    """One file to mine: where it is, what it is called in reports, and its collection."""

    path: Path
    name: str  # path below the folder that was named, / between parts
    collection: str
    windowed: bool
    member: int | None = None  # its number in the zip file at `path`; None for a file of its own


@dataclass(frozen=True, slots=True)
class Search:
    """The files to mine, and what was met and is not mined: how many things for each reason, and
    (name, reason) of those that a user might miss."""

    sources: list[Source]
    passed_over: Counter[str]
    named: list[tuple[str, str]]


def find_sources(paths: Iterable[Path], windowed: list[str]) -> list[Source]:
    """The sources of `search`."""
    return search(paths, windowed).sources


def search(paths: Iterable[Path], windowed: list[str]) -> Search:
    """Find all MIDI files at and below `paths`, also in zip files; FileError names a path that is
    not there, or that can't be looked at.

    `windowed` are patterns (`*`: all) of collections whose files are cut in two-bar windows;
    one that fits no collection is a FileError.
    """
    roots = list(paths)
    walk = Walk(roots)
    own = [_own_name(root) for root in roots]  # collections of what lies in no folder
    used: set[str] = set()
    found: list[Source] = []
    for place in walk.places:
        collection = place.parts[0] if len(place.parts) > 1 else own[place.root]
        fitting = {pattern for pattern in windowed if fnmatch(collection, pattern)}
        used |= fitting
        name, is_windowed = _name(place), bool(fitting)
        found.append(Source(place.path, name, printable(collection), is_windowed, place.member))
    _check_used(windowed, used, found)
    return Search(found, walk.counts, [(_name(place), reason) for place, reason in walk.passed])


def _own_name(root: Path) -> str:
    """The collection of files that lie in no folder below `root`, a folder, zip file or file."""
    is_file = root.is_file() and not is_zip(root)
    return (root.parent if is_file else root).resolve().name


def _name(place: Place) -> str:
    return printable("/".join(place.parts) or str(place.path))


def read_source(source: Source, most: int) -> bytes:
    """Return at most `most` bytes of a source; FileError (without its name) says why it can't be
    read. Never waits for a pipe or a device."""
    if source.member is None:
        return read_plain(source.path, most)
    return read_member(source.path, source.member, most)


def facts_of(source: Source) -> str:
    """What changes when a source does: its name, place, size and age."""
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
                f"--windows {printable(pattern)}: no such collection", f"there: {names}"
            )


def printable(name: str) -> str:
    """A file name as text that can be written: names of old collections are not all UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
