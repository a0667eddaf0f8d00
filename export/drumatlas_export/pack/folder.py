"""Many files as one: a folder or a zip that is there whole or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from drumatlas.errors import FileError
from drumatlas.files import UNWRITTEN, atomic, check_writable, naming

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip knows; real times would change the bytes


def is_zip(path: Path) -> bool:
    """Whether `path` names a zip; anything else is a folder."""
    return path.suffix.lower() == ".zip"


def check_new(path: Path) -> None:
    """FileError now if a pack can't be written to `path` later; a folder must be new or empty."""
    if is_zip(path):
        check_writable(path)
        return
    with naming(path):
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise FileError(f"{path}: is there already", "name a new folder, or a .zip")
    check_writable(path.parent / f".{path.name}.new")


def write_pack(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write (path within, bytes) to a zip or a new folder; same files, same bytes of the zip."""
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
    # Beside `path`, since a rename can't leave a file system.
    fresh = Path(mkdtemp(dir=path.absolute().parent, prefix=f".{path.name}."))
    try:
        for name, data in files:
            file = fresh / name
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_bytes(data)
        fresh.chmod(0o777 & ~_umask())
        if path.is_dir():
            path.rmdir()  # an empty one; Windows renames onto nothing
        fresh.replace(path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
