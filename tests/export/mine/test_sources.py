from pathlib import Path

import pytest

from drumatlas.errors import FileError
from drumatlas_export.mine.sources import Source, find_sources

pytestmark = pytest.mark.export


def test_sources_are_all_midi_files_in_order(tmp_path: Path) -> None:
    for name in ("b/x.MID", "b/deep/y.kar", "a/z.midi", "a/notes.txt", "top.rmi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "folder.mid").mkdir()
    found = find_sources([tmp_path], ["a"])
    assert [(one.name, one.collection, one.windowed) for one in found] == [
        ("a/z.midi", "a", True),
        ("b/deep/y.kar", "b", False),
        ("b/x.MID", "b", False),
        ("top.rmi", tmp_path.name, False),
    ]
    assert [one.path for one in found] == [tmp_path / one.name for one in found]


def test_a_file_may_be_named_itself_and_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "any.name"
    path.touch()
    assert find_sources([path, path], ["*"]) == [Source(path, "any.name", tmp_path.name, True)]


def test_windows_of_many_collections_name_some(tmp_path: Path) -> None:
    for number in range(14):
        path = tmp_path / f"c{number:02}" / "x.mid"
        path.parent.mkdir()
        path.touch()
    with pytest.raises(FileError, match="--windows d: .* choose from c00, .*, c11 and 2 more$"):
        find_sources([tmp_path], ["c*", "d"])
    assert all(one.windowed for one in find_sources([tmp_path], ["c0?", "c1[0-3]"]))


def test_windows_of_a_folder_without_files_are_no_matter(tmp_path: Path) -> None:
    assert find_sources([tmp_path], ["d"]) == []  # the command says what is wrong


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere: no such file or folder"):
        find_sources([tmp_path / "nowhere"], [])


def test_a_name_that_no_file_can_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="xxx: "):
        find_sources([tmp_path / ("x" * 300)], [])
