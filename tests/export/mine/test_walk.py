"""What lies below a path: links, rights, special files, foreign names and archives."""

import os
import socket
from pathlib import Path

import pytest

from drumatlas.errors import FileError
from drumatlas_export.mine import walk
from drumatlas_export.mine.kinds import APPLE, ARCHIVE, OTHER
from drumatlas_export.mine.sources import SearchResult, find_sources, search

pytestmark = pytest.mark.export


def put(*paths: Path, data: bytes = b"") -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def names(found: SearchResult) -> list[str]:
    return [one.name for one in found.sources]


def test_a_link_to_a_folder_elsewhere_is_entered(tmp_path: Path) -> None:
    put(tmp_path / "disk" / "jazz" / "a.mid", tmp_path / "in" / "b.mid")
    (tmp_path / "in" / "far").symlink_to(tmp_path / "disk")
    found = search([tmp_path / "in"], ["far"])
    assert [(one.name, one.collection, one.windowed) for one in found.sources] == [
        ("b.mid", "in", False),
        ("far/jazz/a.mid", "far", True),
    ]
    assert not found.passed_over


def test_links_in_circles_end_and_a_file_reached_twice_is_mined_once(tmp_path: Path) -> None:
    put(tmp_path / "z" / "real.mid", tmp_path / "b.mid")
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    (tmp_path / "z" / "self").symlink_to(".")
    (tmp_path / "a").symlink_to("z")  # comes before what it leads to
    (tmp_path / "a.mid").symlink_to("b.mid")
    (tmp_path / "round").symlink_to("round")
    found = search([tmp_path, tmp_path / "a", tmp_path / "b.mid"], [])
    assert names(found) == ["b.mid", "z/real.mid"]
    assert found.named == [("round", "broken link")]


def test_real_folders_of_a_later_path_win_over_links_of_an_earlier(tmp_path: Path) -> None:
    put(tmp_path / "real" / "rock" / "x.mid")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "r").symlink_to(tmp_path / "real" / "rock")
    assert names(search([tmp_path / "links", tmp_path / "real"], [])) == ["rock/x.mid"]


def test_pipes_sockets_and_broken_links_are_named_and_the_rest_is_found(tmp_path: Path) -> None:
    put(tmp_path / "good.mid")
    os.mkfifo(tmp_path / "pipe.mid")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone.mid").symlink_to("nowhere.mid")
    (tmp_path / "zero.mid").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as one:
        before = Path.cwd()
        os.chdir(tmp_path)  # the name of a socket must be short
        one.bind("s.mid")
        os.chdir(before)
    found = search([tmp_path], [])
    assert names(found) == ["good.mid"]
    special = "pipe, socket or device"
    assert found.named == [
        ("gone.mid", "broken link"),
        *[(name, special) for name in ("pipe", "pipe.mid", "s.mid", "zero.mid")],
    ]
    assert found.passed_over == {special: 4, "broken link": 1}


def test_a_folder_without_rights_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a" / "shut" / "x.mid", tmp_path / "a" / "y.mid")
    scan = os.scandir

    def scandir(path: Path) -> object:
        if path.name == "shut":  # root may enter all
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(walk.os, "scandir", scandir)
    found = search([tmp_path], [])
    assert names(found) == ["a/y.mid"]
    assert found.named == [("a/shut", "folder that can't be entered: Permission denied")]
    assert found.passed_over == {"folder that can't be entered": 1}
    with pytest.raises(FileError, match="shut: Permission denied"):
        search([tmp_path / "a" / "shut"], [])


class Shy:
    """An entry of a folder that may be listed, and on some file systems tells no more."""

    def __init__(self, path: Path) -> None:
        self.name, self.path = path.name, str(path)

    def is_symlink(self) -> bool:
        raise PermissionError(13, "Permission denied", self.path)


class Listing(list[Shy]):
    def __enter__(self) -> "Listing":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass


def test_an_entry_whose_kind_is_unknown_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "x.mid")
    monkeypatch.setattr(walk.os, "scandir", lambda _: Listing([Shy(tmp_path / "x.mid")]))
    assert search([tmp_path], []).named == [("x.mid", "unreadable: Permission denied")]


def test_names_in_any_case_and_files_that_begin_as_midi(tmp_path: Path) -> None:
    good = ("a.MID", "b.Smf", "c.midi", "d.KAR", "e.rmi", "f.RMI")
    put(*[tmp_path / name for name in good])
    put(tmp_path / "g", tmp_path / "h.mid.bak", data=b"MThd....")
    put(tmp_path / "i.bin", data=b"RIFF....RMIDdata")
    put(tmp_path / "j.wav", data=b"RIFF....WAVEdata")
    put(tmp_path / "k.txt", tmp_path / "empty", data=b"MTh")
    found = search([tmp_path], [])
    assert names(found) == [*good, "g", "h.mid.bak", "i.bin"]
    assert (found.passed_over, found.named) == ({OTHER: 3}, [])


def test_files_that_macos_adds_are_counted(tmp_path: Path) -> None:
    put(tmp_path / "a.mid", tmp_path / "._a.mid", tmp_path / "._b.zip", data=b"\0\5\x16\7")
    put(tmp_path / "__MACOSX" / "deep" / "c.mid", tmp_path / "__MACOSX" / "._d.mid")
    found = search([tmp_path], [])
    assert names(found) == ["a.mid"]
    assert (found.passed_over, found.named) == ({APPLE: 4}, [])


def test_other_archives_are_named_with_what_to_do(tmp_path: Path) -> None:
    archives = ("a.tar.gz", "b.RAR", "c.7z", "d.mid.gz", "e.tgz")
    put(*[tmp_path / name for name in archives])
    found = search([tmp_path], [])
    assert found.named == [(name, ARCHIVE) for name in archives]
    assert "unpack it" in ARCHIVE
    with pytest.raises(FileError, match=r"c\.7z: archive .*unpack it"):
        search([tmp_path / "c.7z"], [])


def test_a_pipe_that_is_named_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mid")
    with pytest.raises(FileError, match=r"pipe\.mid: pipe, socket or device"):
        find_sources([tmp_path / "pipe.mid"], [])
