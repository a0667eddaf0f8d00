"""Which files a job mines: every MIDI file at and below the paths that were named, in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from drumatlas.errors import FileError

SUFFIXES = {".mid", ".midi", ".kar", ".rmi"}
_NAMED = 12  # collections in an error's line


@dataclass(frozen=True, slots=True)
class Source:
    """One file to mine: where it is, what it is called in reports, and its collection."""

    path: Path
    name: str  # path below the folder that was named, / between parts
    collection: str
    windowed: bool


def find_sources(paths: Iterable[Path], windowed: list[str]) -> list[Source]:
    """All MIDI files at and below `paths`, in order; FileError names a path that is not there, or
    that can't be looked at.

    `windowed` are patterns (`*`: all) of collections whose files are cut in two-bar windows;
    one that fits no collection is a FileError.
    """
    sources: dict[Path, Source] = {}
    used: set[str] = set()
    for root in paths:
        files = _files_of(root)
        base = root if root.is_dir() else root.parent
        for file in files:
            parts = file.relative_to(base).parts
            collection = parts[0] if len(parts) > 1 else base.resolve().name
            fitting = {pattern for pattern in windowed if fnmatch(collection, pattern)}
            used |= fitting
            name = printable("/".join(parts))
            sources.setdefault(file, Source(file, name, printable(collection), bool(fitting)))
    found = list(sources.values())
    _check_used(windowed, used, found)
    return found


def _files_of(root: Path) -> list[Path]:
    try:
        if root.is_dir():
            below = sorted(root.rglob("*"))
            return [one for one in below if one.suffix.lower() in SUFFIXES and one.is_file()]
        if root.exists():
            return [root]
    except OSError as error:  # a name of 300 letters, or a folder whose files may not be seen
        raise FileError(f"{error.filename or root}: {error.strerror or error}") from None
    raise FileError(f"{root}: no such file or folder")


def _check_used(windowed: list[str], used: set[str], found: list[Source]) -> None:
    there = sorted({source.collection for source in found})
    for pattern in windowed:
        if there and pattern not in used:
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            names = ", ".join(there[:_NAMED]) + more
            raise FileError(f"--windows {printable(pattern)}: no such collection; there: {names}")


def printable(name: str) -> str:
    """A file name as text that can be written: names of old collections are not all UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
