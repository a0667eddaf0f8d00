"""Open plain files only, so that a pipe or a device in their place can't block the job."""

import os
import stat
from io import FileIO
from pathlib import Path

from drumatlas.errors import FileError

# Neither flag exists everywhere (Windows has only the second).
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_CHUNK = 1 << 16  # bytes

SPECIAL = "pipe, socket or device"


def open_plain(path: Path) -> FileIO:
    """Open the file at `path` for reading.

    FileError, without the name, if it can't be opened or is not a plain file.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise FileError(error.strerror or str(error)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileError(SPECIAL)
    return FileIO(descriptor, "rb")


def read_plain(path: Path, most: int) -> bytes:
    """Return at most `most` bytes of the file at `path`; raises FileError as `open_plain`."""
    with open_plain(path) as stream:
        try:
            return _whole(stream, most)
        except OSError as error:
            raise FileError(error.strerror or str(error)) from None


def _whole(stream: FileIO, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := stream.read(min(most, _CHUNK))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
