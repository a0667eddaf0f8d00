"""List the MIDI files in zip files and read them one at a time, without unpacking to disk.

A zip file may be hostile, so three things are limited: the size of its directory (and with it the
number of members), the unpacked bytes read from a member (whatever its header claims), and the sum
of the packed sizes. That sum can't exceed the file's size unless members share their data, as in a
zip bomb. Deflate expands at most 1,032 times, so the cost of all members together stays in
proportion to the size of the file.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from io import SEEK_END, BufferedReader
from pathlib import Path
from struct import error as struct_error
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as zlib_error

from drumatlas.errors import FileError
from drumatlas_export.mine.plain import open_plain

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")  # first bytes; the second, of an empty one
_MAX_DIRECTORY = 32 << 20  # bytes; the 178,561 files of the Lakh set take 20 MB
_MAX_NAME = 1000  # characters
_METHODS = {ZIP_STORED, ZIP_DEFLATED}  # others need unbounded memory to unpack a little
_ENCRYPTED = 1  # bit of the flags
_KEPT_OPEN = 2  # zip files; consecutive files of a job mostly share one

# Everything that `zipfile` raises for damaged input.
_DAMAGES = (
    *(BadZipFile, zlib_error, struct_error, NotImplementedError, RuntimeError, ValueError),
    *(EOFError, OSError, OverflowError, KeyError, IndexError),
)


class Member(NamedTuple):
    """A file in a zip file: its number in the directory, and the parts of its name.

    The parts are () if the name is unusable.
    """

    number: int
    parts: tuple[str, ...]


class _Bounded(BufferedReader):
    """A file that refuses a read of more bytes than a zip file's directory may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_DIRECTORY:
            raise BadZipFile(f"a directory of over {_MAX_DIRECTORY >> 20} MiB")
        return super().read(size)


class Archive(ZipFile):
    """An open zip file that closes its underlying file; FileError if it is damaged."""

    _stream: BufferedReader | None = None  # where nothing could be opened

    def __init__(self, path: Path) -> None:
        self._stream = stream = _Bounded(open_plain(path))
        try:
            super().__init__(stream)
            packed = sum(info.compress_size for info in self.infolist())
            if packed > stream.seek(0, SEEK_END):
                raise BadZipFile("members that share their data: a zip bomb")
        except _DAMAGES as error:
            stream.close()
            raise FileError(f"damaged zip file: {error}") from None

    def close(self) -> None:
        """Close the zip file and its underlying file."""
        super().close()
        if self._stream is not None:
            self._stream.close()

    def members(self) -> Iterator[Member]:
        """Yield all files in it; of several with one name, only the last, as unpacking does."""
        last = {info.filename: number for number, info in enumerate(self.infolist())}
        for name, number in last.items():
            if not name.endswith(("/", "\\")):
                yield Member(number, _parts(name))

    def take(self, number: int, most: int) -> bytes:
        """Return the first `most` bytes of a member; FileError says why it can't be read."""
        try:
            info = self.infolist()[number]
            _check(info)
            with self.open(info) as stream:
                return stream.read(most)
        except FileError:
            raise
        except _DAMAGES as error:
            raise FileError(f"damaged in its zip file: {error}") from None


def _parts(name: str) -> tuple[str, ...]:
    """Return the parts of a member's name, without . and ..; () if the name is too long."""
    if len(name) > _MAX_NAME:
        return ()
    return tuple(part for part in re.split(r"[/\\]", name) if part not in {"", ".", ".."})


def _check(info: ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise FileError("encrypted in its zip file (unpack it with its password)")
    if info.compress_type not in _METHODS:
        raise FileError(f"packed by method {info.compress_type} in its zip file (unpack it)")


def read_member(path: Path, number: int, most: int) -> bytes:
    """Return at most `most` bytes of a member of the zip file at `path`; FileError if it can't."""
    try:
        facts = path.stat()
    except OSError as error:
        raise FileError(error.strerror or str(error)) from None
    return _kept_open(path, facts.st_size, facts.st_mtime_ns).take(number, most)


@lru_cache(maxsize=_KEPT_OPEN)
def _kept_open(path: Path, _size: int, _age: int) -> Archive:
    return Archive(path)
