"""Write many files as one folder or zip file, completely or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from drumatlas.errors import FileError
from drumatlas.files import UNWRITTEN, atomic, check_writable, naming

_EPOCH = (1980, 1, 1, 0, 0, 0)  # earliest time in a zip; the current time would change the bytes


def is_zip(path: Path) -> bool:
    """Return whether `path` names a zip file; any other name is a folder."""
    return path.suffix.lower() == ".zip"


def check_new(path: Path) -> None:
    """Raise FileError if a pack can't be written to `path`; a folder must be new or empty."""
    if is_zip(path):
        check_writable(path)
        return
    with naming(path):
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise FileError(f"{path}: already exists", "choose a new folder, or a .zip")
    check_writable(path.parent / f".{path.name}.new")


def write_pack(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write (path within, bytes) pairs to a zip file or a new folder; FileError if that fails.

    The same files give the same bytes of a zip.
    """
    if is_zip(path):
        with atomic(path) as stream, ZipFile(stream, "w") as archive:
            for name, data in files:
                entry = ZipInfo(name, _EPOCH)
                entry.compress_type = ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, data)
        return
    with naming(path, UNWRITTEN):
        _write_folder(path, files)


def _write_folder(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    # Beside `path`, since a rename can't cross file systems.
    fresh = Path(mkdtemp(dir=path.absolute().parent, prefix=f".{path.name}."))
    try:
        for name, data in files:
            file = fresh / name
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_bytes(data)
        fresh.chmod(0o777 & ~_umask())
        if path.is_dir():
            path.rmdir()  # it is empty; Windows does not rename onto an existing folder
        fresh.replace(path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
