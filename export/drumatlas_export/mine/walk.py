"""Everything that lies at and below the paths of a job, whatever stands in the way.

Folders, links to folders and zip files are entered, each real folder once and each real file once:
links may lead in circles. Real places come before links, so that a link changes the name of
nothing that is found without it.
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

_DANGLING = "link that leads nowhere"
_NAMELESS = "member of a zip file without a usable name"


@dataclass(frozen=True, slots=True)
class Place:
    """A path, and its parts below the path that was named (`root` counts those)."""

    path: Path
    parts: tuple[str, ...]
    root: int
    member: int | None = None  # of the zip file at `path`


class Walk:
    """What was met: MIDI files in `places`; in `passed` (path, reason) of what is not mined, and in
    `counts` how often each reason stood, with those that are only counted. FileError names one of
    `roots` that is not there or can't be used."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.places: list[Place] = []
        self.passed: list[tuple[Place, str]] = []
        self.counts: Counter[str] = Counter()
        self._seen: set[str] = set()  # real paths of folders and files
        self._links: deque[Place] = deque()
        for number, root in enumerate(roots):
            self._begin(Place(root, (), number))
        while self._links:
            self._follow(self._links.popleft())
        self.places.sort(key=lambda place: (place.root, place.parts))
        self.passed.sort(key=lambda one: (one[0].root, one[0].parts))

    def _begin(self, root: Place) -> None:
        """Take a path that was named: here, what can't be used is an error."""
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
        self._named(root)

    def _named(self, root: Place) -> None:
        """Take a file that was named: mined whatever it is called, if it isn't an archive."""
        if not self._is_new(os.path.realpath(root.path)):
            return
        named = Place(root.path, (root.path.name,), root.root)
        try:
            if is_zip(root.path):
                self._unzip(root)
                return
            if why_not(named.parts, bytes) == ARCHIVE:
                raise FileError(ARCHIVE)
        except FileError as error:
            raise error.within(str(root.path)) from None
        self.places.append(named)

    def _is_new(self, real: str) -> bool:
        is_new = real not in self._seen
        self._seen.add(real)
        return is_new

    def _enter(self, top: Place) -> None:
        """Take all that lies below a folder; links are kept for later."""
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
                one = Place(Path(entry.path), (*folder.parts, entry.name), folder.root)
                waiting += self._entry(one, entry, real)

    def _entry(self, place: Place, entry: "os.DirEntry[str]", folder: str) -> list[Place]:
        """Take what stands in a folder (`folder` is its real path), and return it if it is a folder
        itself."""
        try:
            if entry.is_symlink():
                self._links.append(place)
            elif entry.is_dir(follow_symlinks=False):
                return [place]
            else:
                is_plain = entry.is_file(follow_symlinks=False)
                self._take(place, os.path.join(folder, entry.name), is_plain)  # noqa: PTH118
        except OSError as error:  # where not even its kind may be seen
            self._pass(place, f"unreadable: {error.strerror or error}")
        return []

    def _follow(self, link: Place) -> None:
        try:
            mode = link.path.stat().st_mode
        except OSError:  # also of links in a circle
            self._pass(link, APPLE if is_apple(link.parts) else _DANGLING)
            return
        if stat.S_ISDIR(mode):
            self._enter(link)
        else:
            self._take(link, os.path.realpath(link.path), stat.S_ISREG(mode))

    def _take(self, place: Place, real: str, is_plain: bool) -> None:
        """Take what is not a folder, unless it was met before."""
        if not self._is_new(real):
            return
        if not is_plain:
            self._pass(place, SPECIAL)
        elif place.parts[-1].lower().endswith(ZIP) and not is_apple(place.parts):
            try:
                self._unzip(place)
            except FileError as error:
                self._pass(place, str(error))
        else:
            self._judge(place, why_not(place.parts, partial(read_plain, place.path, HEAD)))

    def _unzip(self, place: Place) -> None:
        with Archive(place.path) as archive:
            for number, parts in archive.members():
                one = Place(place.path, (*place.parts, *parts), place.root, number)
                if not parts:
                    self._pass(one, _NAMELESS)
                elif parts[-1].lower().endswith(ZIP) and not is_apple(parts):
                    self._pass(one, ZIP_IN_ZIP)
                else:
                    self._judge(one, why_not(parts, partial(archive.take, number, HEAD)))

    def _judge(self, place: Place, reason: str) -> None:
        if reason:
            self._pass(place, reason)
        else:
            self.places.append(place)

    def _pass(self, place: Place, reason: str) -> None:
        self.counts[reason.split(":", maxsplit=1)[0]] += 1
        if reason not in UNNAMED:
            self.passed.append((place, reason))


def is_zip(path: Path) -> bool:
    """Whether the file at `path` is a zip file, by name or first bytes; FileError if unreadable."""
    return path.suffix.lower() == ZIP or read_plain(path, HEAD).startswith(SIGNATURES)
