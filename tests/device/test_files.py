import stat
from pathlib import Path

import pytest

from drumatlas.errors import FileError
from drumatlas.files import atomic, check_writable, write_text


def test_it_replaces_whole_files_only(tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    file.write_text("old")
    with pytest.raises(RuntimeError), atomic(file) as stream:
        stream.write(b"half of the ne")
        raise RuntimeError
    assert file.read_text() == "old"
    write_text(file, "neu ü")
    assert file.read_text(encoding="utf-8") == "neu ü"
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match="f.txt: can't be written: No space"),
        atomic(tmp_path / "f.txt"),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        write_text(tmp_path / "nowhere" / "f.txt", "x")


def test_checking_leaves_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("old")
    check_writable(tmp_path / "f.txt")
    check_writable(tmp_path / "new.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]
    assert (tmp_path / "f.txt").read_text() == "old"
    with pytest.raises(FileError, match="folder"):
        check_writable(tmp_path)
    with pytest.raises(FileError, match="nowhere"):
        check_writable(tmp_path / "nowhere" / "f.txt")


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(FileError, match="d: can't be written"):
        write_text(tmp_path / "d", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["d"]
