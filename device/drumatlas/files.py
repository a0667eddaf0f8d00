"""File access: reads with a limit and clear errors; writes everything or nothing."""

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO

from drumatlas.errors import FileError

UNWRITTEN = "can't be written"


@contextmanager
def naming(path: Path, failure: str = "") -> Iterator[None]:
    """Turn an OSError inside the context into a FileError "PATH: [failure:] reason". A FileError,
    which is an OSError too, already names its file and passes unchanged."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        reason = f"{error.strerror or error}"
        raise FileError(": ".join(filter(None, (str(path), failure, reason)))) from None


def read_bytes(path: Path, most: int) -> bytes:
    """Return the file at `path`; FileError names it if it can't be read or has over `most` bytes.

    A pipe or a device is refused: it has no size, and may have no end.
    """
    with naming(path):
        _check_kind(path, path.stat(), most)
        return path.read_bytes()


def _check_kind(path: Path, found: os.stat_result, most: int) -> None:
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise FileError(f"{path}: a pipe or a device, not a file", "save its output to a file")
    if found.st_size > most:
        raise FileError(f"{path}: {found.st_size} bytes; at most {most} can be read")


def read_owned(folder: Path, name: str, most: int, owners: Collection[int]) -> bytes:
    """Return the file `name` in `folder`, which only `owners` (user ids) may be able to write;
    FileError as in `read_bytes`. On systems without user ids any file is accepted."""
    path = folder / name
    if not hasattr(os, "getuid"):
        return read_bytes(path, most)
    # Descriptors, so that the file that was checked is the file that is read.
    with naming(path), _opened(folder, os.O_DIRECTORY) as inside:
        _check_owner(folder, os.fstat(inside), owners)
        with _opened(Path(name), os.O_NOFOLLOW | os.O_NONBLOCK, inside) as descriptor:
            found = os.fstat(descriptor)
            _check_owner(path, found, owners)
            _check_kind(path, found, most)
            with open(descriptor, "rb", closefd=False) as stream:
                return stream.read()


@contextmanager
def _opened(path: Path, flags: int, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_owner(path: Path, found: os.stat_result, owners: Collection[int]) -> None:
    if found.st_uid not in owners or found.st_mode & stat.S_IWOTH:
        raise FileError(f"{path}: not read, since another user can write it", "remove it")


def read_text(path: Path, most: int) -> str:
    """Return the text (UTF-8) in `path`, with line ends as they are; FileError as in
    `read_bytes`."""
    try:
        return read_bytes(path, most).decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{path}: not a text file (UTF-8)") from None


def is_there(path: Path) -> bool:
    """Return whether `path` exists. Also true if we lack the permission to look, so that opening it
    reports that."""
    try:
        return path.exists()
    except OSError:
        return True


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """Let root work, within the context, with the permissions of the user who owns `folder`; other
    users work as they are.

    That user can put links to other people's files into the folder at any moment. With root's
    permissions we would follow them; with the owner's they lead nowhere new. Nothing changes for a
    folder of root's, or one that does not exist. FileError if `folder` can't be examined.
    """
    owner = _foreign_owner(folder)
    if owner is None:
        yield
        return
    groups = os.getgroups()
    uid, gid = owner
    try:
        os.setgroups([gid])
        os.setegid(gid)
        os.seteuid(uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def _foreign_owner(folder: Path) -> tuple[int, int] | None:
    """Return user and group id of `folder` if we are root and it belongs to another user, else
    None."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    with naming(folder):
        try:
            found = folder.stat()
        except FileNotFoundError:
            return None
    return (found.st_uid, found.st_gid) if found.st_uid != 0 else None


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that replaces `path` once it is complete; FileError names `path`.

    It is a temporary file in the same folder, then fsync, rename, and fsync of the folder. An
    exception inside leaves the old file as it was and nothing half-written. Everybody may read the
    new file. Its mode is set by descriptor, because in another user's folder the name may be a link
    by then.
    """
    temporary: Path | None = None
    prefix = f".{path.name}."
    try:
        with naming(path, UNWRITTEN):
            with NamedTemporaryFile("wb", dir=path.parent, prefix=prefix, delete=False) as f:
                temporary = Path(f.name)
                yield f
                f.flush()
                if hasattr(os, "fchmod"):  # not on Windows before Python 3.13
                    os.fchmod(f.fileno(), 0o644)
                os.fsync(f.fileno())
            temporary.replace(path)
            temporary = None
            _sync_folder(path.parent)
    finally:
        if temporary is not None:
            with suppress(OSError):  # a card that failed is read-only by then
                temporary.unlink()


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows can't open a folder
    with _opened(folder, os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


def check_writable(path: Path) -> None:
    """Raise FileError if `path` can't be written later: now, not after an hour's work. An existing
    file stays as it is."""
    with naming(path, UNWRITTEN):
        if path.is_dir():
            raise FileError(f"{path}: is a folder")
        with TemporaryFile(dir=path.parent):
            pass


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, everything or nothing. FileError names `path`."""
    with atomic(path) as stream:
        stream.write(text.encode("utf-8"))
