"""Files at the border: read with a limit and a clear error; written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO

from drumatlas.errors import FileError


def read_bytes(path: Path, most: int) -> bytes:
    """The file at `path`; FileError names it if it can't be read or has over `most` bytes."""
    try:
        size = path.stat().st_size
        if size > most:
            raise FileError(f"{path}: {size} bytes; at most {most} can be read")
        return path.read_bytes()
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: {error.strerror or error}") from None


def read_text(path: Path, most: int) -> str:
    """The text file (UTF-8) at `path`, line ends as they are; FileError as in `read_bytes`."""
    try:
        return read_bytes(path, most).decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{path}: not a text file (UTF-8)") from None


def is_there(path: Path) -> bool:
    """Whether something is at `path`; also if we may not look, so that who opens it says why."""
    try:
        return path.exists()
    except OSError:
        return True


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of `path` once it is whole; FileError names `path`.

    Temporary file in the same folder, fsync, rename, fsync of the folder. Whatever is raised
    inside leaves the old file as it was and nothing half-written.
    """
    temporary: Path | None = None
    try:
        with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as f:
            temporary = Path(f.name)
            yield f
            f.flush()
            os.fsync(f.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: can't be written: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows can't open a folder
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_writable(path: Path) -> None:
    """FileError now, not after an hour's work, if `path` can't be written later. What stands
    there stays as it is."""
    try:
        if path.is_dir():
            raise FileError(f"{path}: is a folder")
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: can't be written: {error.strerror or error}") from None


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, all or nothing."""
    with atomic(path) as stream:
        stream.write(text.encode("utf-8"))
