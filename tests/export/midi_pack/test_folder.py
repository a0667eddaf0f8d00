from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from drumatlas.errors import FileError
from drumatlas_export.midi_pack.folder import check_new, write_pack

pytestmark = pytest.mark.export

FILES = [("a/1.mid", b"one"), ("b/2.mid", b"two"), ("index.tsv", b"three")]


def broken() -> Iterator[tuple[str, bytes]]:
    yield from FILES[:2]
    raise KeyboardInterrupt


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_pack_is_written_into_a_new_or_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        check_new(tmp_path / name)
        write_pack(tmp_path / name, FILES)
        assert tree(tmp_path / name) == dict(FILES)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "empty"}


def test_a_zip_whose_bytes_depend_on_nothing_else(tmp_path: Path) -> None:
    hashes = set()
    for name in ("one.zip", "other.ZIP"):
        write_pack(tmp_path / name, FILES)
        hashes.add(sha256((tmp_path / name).read_bytes()).hexdigest())
        with ZipFile(tmp_path / name) as archive:
            assert {one: archive.read(one) for one in archive.namelist()} == dict(FILES)
    assert len(hashes) == 1


@pytest.mark.parametrize("name", ["pack", "pack.zip"])
def test_nothing_is_left_when_it_is_cut_short(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_pack(tmp_path / name, broken())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["full", "file", "gone/pack", "gone/pack.zip", "dir.zip"])
def test_existing_files_are_not_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    (tmp_path / "dir.zip").mkdir()
    with pytest.raises(FileError, match=name.split("/", maxsplit=1)[0]):
        check_new(tmp_path / name)
