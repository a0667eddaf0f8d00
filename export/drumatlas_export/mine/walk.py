"""Walk through everything at and below the paths of a job, past anything unreadable.

The walk enters folders, links to folders and zip files. It visits each real folder and each real
file once, since links may form circles. It follows links last, so that a file that can be reached
without a link is named by its own path.
"""

import os
import stat
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drumatlas.errors import FileError
from drumatlas.files import naming
from drumatlas_export.mine.kinds import (
    APPLE,
    ARCHIVE,
    HEAD,
    UNNAMED,
    ZIP,
    ZIP_IN_ZIP,
    is_apple,
    why_not,
)
from drumatlas_export.mine.plain import SPECIAL, read_plain
from drumatlas_export.mine.zips import SIGNATURES, Archive

_DANGLING = "broken link"
_NAMELESS = "member of a zip file without a usable name"


@dataclass(frozen=True, slots=True)
class Location:
    """A path, and its parts below the given path; `root` is the number of the given path."""

    path: Path
    parts: tuple[str, ...]
    root: int
    member: int | None = None  # number in the zip file at `path`


class Walk:
    """All files at and below `roots`, sorted by path.

    `locations` holds the MIDI files, and `passed` (location, reason) of files passed over. `counts`
    has the number of files for each reason, including those that are counted without a name.
    FileError names one of `roots` that is missing or can't be used.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        self.locations: list[Location] = []
        self.passed: list[tuple[Location, str]] = []
        self.counts: Counter[str] = Counter()
        self._seen: set[str] = set()  # real paths of folders and files
        self._links: deque[Location] = deque()
        for number, root in enumerate(roots):
            self._begin(Location(root, (), number))
        while self._links:
            self._follow(self._links.popleft())
        self.locations.sort(key=lambda location: (location.root, location.parts))
        self.passed.sort(key=lambda one: (one[0].root, one[0].parts))

    def _begin(self, root: Location) -> None:
        """Add a path that the user gave; FileError if it can't be used."""
        with naming(root.path):
            try:
                mode = root.path.stat().st_mode
                if stat.S_ISDIR(mode):
                    os.scandir(root.path).close()
                    self._enter(root)
                    return
            except FileNotFoundError:
                raise FileError(f"{root.path}: no such file or folder") from None
        if not stat.S_ISREG(mode):
            raise FileError(f"{root.path}: {SPECIAL}, not a file or folder")
        self._add_root_file(root)

    def _add_root_file(self, root: Location) -> None:
        """Add a file that the user gave. Any name will do, unless it is that of an archive."""
        if not self._is_new(os.path.realpath(root.path)):
            return
        named = Location(root.path, (root.path.name,), root.root)
        try:
            if is_zip(root.path):
                self._unzip(root)
                return
            if why_not(named.parts, bytes) == ARCHIVE:
                raise FileError(ARCHIVE)
        except FileError as error:
            raise error.within(str(root.path)) from None
        self.locations.append(named)

    def _is_new(self, real: str) -> bool:
        is_new = real not in self._seen
        self._seen.add(real)
        return is_new

    def _enter(self, top: Location) -> None:
        """Add everything below a folder; put links aside for later."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            real = os.path.realpath(folder.path)
            if not self._is_new(real):
                continue
            try:
                with os.scandir(folder.path) as entries:
                    inside = list(entries)
            except OSError as error:
                self._pass(folder, f"folder that can't be entered: {error.strerror or error}")
                continue
            for entry in inside:
                one = Location(Path(entry.path), (*folder.parts, entry.name), folder.root)
                waiting += self._entry(one, entry, real)

    def _entry(self, location: Location, entry: "os.DirEntry[str]", folder: str) -> list[Location]:
        """Add an entry of the folder with the real path `folder`; return it if it is a folder."""
        try:
            if entry.is_symlink():
                self._links.append(location)
            elif entry.is_dir(follow_symlinks=False):
                return [location]
            else:
                is_plain = entry.is_file(follow_symlinks=False)
                self._add_file(location, os.path.join(folder, entry.name), is_plain)  # noqa: PTH118
        except OSError as error:  # not even its kind can be read
            self._pass(location, f"unreadable: {error.strerror or error}")
        return []

    def _follow(self, link: Location) -> None:
        try:
            mode = link.path.stat().st_mode
        except OSError:  # raised for a circle of links, too
            self._pass(link, APPLE if is_apple(link.parts) else _DANGLING)
            return
        if stat.S_ISDIR(mode):
            self._enter(link)
        else:
            self._add_file(link, os.path.realpath(link.path), stat.S_ISREG(mode))

    def _add_file(self, location: Location, real: str, is_plain: bool) -> None:
        """Add anything that is not a folder, unless the walk has visited it."""
        if not self._is_new(real):
            return
        if not is_plain:
            self._pass(location, SPECIAL)
        elif location.parts[-1].lower().endswith(ZIP) and not is_apple(location.parts):
            try:
                self._unzip(location)
            except FileError as error:
                self._pass(location, str(error))
        else:
            self._judge(location, why_not(location.parts, partial(read_plain, location.path, HEAD)))

    def _unzip(self, location: Location) -> None:
        with Archive(location.path) as archive:
            for number, parts in archive.members():
                one = Location(location.path, (*location.parts, *parts), location.root, number)
                if not parts:
                    self._pass(one, _NAMELESS)
                elif parts[-1].lower().endswith(ZIP) and not is_apple(parts):
                    self._pass(one, ZIP_IN_ZIP)
                else:
                    self._judge(one, why_not(parts, partial(archive.take, number, HEAD)))

    def _judge(self, location: Location, reason: str) -> None:
        if reason:
            self._pass(location, reason)
        else:
            self.locations.append(location)

    def _pass(self, location: Location, reason: str) -> None:
        self.counts[reason.split(":", maxsplit=1)[0]] += 1
        if reason not in UNNAMED:
            self.passed.append((location, reason))


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip file, by name or first bytes; FileError if unreadable."""
    return path.suffix.lower() == ZIP or read_plain(path, HEAD).startswith(SIGNATURES)
