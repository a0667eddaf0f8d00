import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from drumatlas.errors import FileError
from drumatlas.files import (
    as_owner_of,
    atomic,
    check_writable,
    naming,
    read_bytes,
    read_owned,
    read_text,
    write_text,
)


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


def test_checking_leaves_an_existing_file_alone(tmp_path: Path) -> None:
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


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path(os.devnull), Path("/dev/zero"), tmp_path / "pipe"):
        with pytest.raises(FileError, match=f"{path}: a pipe or a device"):
            read_text(path, 100)
    with pytest.raises(FileError, match="Is a directory"):
        read_bytes(tmp_path, 1 << 20)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert read_bytes(tmp_path / "f", 5) == b"12345"
    with pytest.raises(FileError, match="5 bytes; at most 4"):
        read_bytes(tmp_path / "f", 4)


def test_a_card_that_fails_is_told_also_where_nothing_can_be_removed_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(number: int) -> Any:
        def raise_it(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        return raise_it

    monkeypatch.setattr(os, "fsync", fail(errno.EIO))
    monkeypatch.setattr(Path, "unlink", fail(errno.EROFS))
    with pytest.raises(FileError, match="f.txt: can't be written: Input/output error"):
        write_text(tmp_path / "f.txt", "x")


def test_only_what_its_owners_alone_can_write_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    file = folder / "f"
    file.write_bytes(b"12345")
    file.chmod(0o644)
    own = {file.stat().st_uid}
    assert read_owned(folder, "f", 5, own) == b"12345"
    for owners, most, words in ((set[int](), 5, "another user"), (own, 4, "at most 4")):
        with pytest.raises(FileError, match=words):
            read_owned(folder, "f", most, owners)
    for path, mode in ((file, 0o644), (folder, 0o755)):
        path.chmod(mode | stat.S_IWOTH)
        with pytest.raises(FileError, match=f"{path}: not read, since another user"):
            read_owned(folder, "f", 5, own)
        path.chmod(mode)
    file.rename(folder / "g")
    (folder / "f").symlink_to("g")
    with pytest.raises(FileError, match="f: "):
        read_owned(folder, "f", 5, own)
    os.mkfifo(folder / "h")
    with pytest.raises(FileError, match="h: a pipe"):
        read_owned(folder, "h", 5, own)
    with pytest.raises(FileError, match="nowhere"):
        read_owned(tmp_path / "nowhere", "f", 5, own)


def test_the_rename_is_on_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut after it must not bring the old file back: the folder is synced, and last."""
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def rename(self: Path, target: Path) -> Path:
        done.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    write_text(tmp_path / "f.txt", "x")
    assert done == ["file", "rename", "folder"]


def test_a_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    """Whoever owns the folder can swap the name at any moment."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir()
    with atomic(folder / "f.txt") as stream:
        (temporary,) = folder.glob(".f.txt.*")
        temporary.unlink()
        temporary.symlink_to(secret)
        stream.write(b"new")
    assert secret.read_text() == "x"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="wants root, who may write anywhere")
def test_root_works_as_the_owner_of_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    for above in tmp_path.parents[:3]:
        above.chmod(above.stat().st_mode | 0o011)
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    (tmp_path / "root's").mkdir(mode=0o700)
    with as_owner_of(folder):
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (65534, 65534, [65534])
        with atomic(folder / "own") as stream:
            stream.write(b"x")
        with pytest.raises(PermissionError):
            (tmp_path / "root's" / "f").write_text("x")
    assert os.geteuid() == os.getegid() == 0
    assert (folder / "own").stat().st_uid == 65534
    with pytest.raises(RuntimeError), as_owner_of(folder):
        raise RuntimeError
    assert os.geteuid() == 0
    with as_owner_of(tmp_path), as_owner_of(tmp_path / "not there"):
        assert os.geteuid() == 0


def test_an_error_of_the_system_is_named_once(tmp_path: Path) -> None:
    refused = OSError(errno.EACCES, "Permission denied")
    for failure, said in (("", "f: Permission denied"), ("no folder", "f: no folder: Permission")):
        with pytest.raises(FileError, match=f"^{said}"), naming(Path("f"), failure):
            raise refused
    inner = FileError("g: too large", "make it smaller")
    with pytest.raises(FileError) as raised, naming(Path("f")):
        raise inner
    assert raised.value is inner
    with pytest.raises(ValueError, match="^other"), naming(Path("f")):
        raise ValueError("other")
