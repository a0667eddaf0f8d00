from importlib.resources import files
from pathlib import Path

import pytest

from drumatlas.errors import AtlasError, FileError
from drumatlas.service.atlas import FILE, find_atlas, remove_atlas, update_atlas


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.atlas"
    path.write_bytes(files("drumatlas").joinpath("builtin.atlas").read_bytes())
    return path


@pytest.fixture
def bad(tmp_path: Path, good: Path) -> Path:
    path = tmp_path / "bad.atlas"
    path.write_bytes(good.read_bytes()[:-5000])
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "not there yet" / "state"


def test_the_owners_atlas_plays_when_none_is_named(good: Path, state: Path) -> None:
    assert find_atlas(None, state)[1] == find_atlas(None, None)[1] == []
    update_atlas(good, state)
    assert (state / FILE).read_bytes() == good.read_bytes()
    (state / FILE).write_bytes(b"")  # so that it shows which one is read
    assert str(state / FILE) in find_atlas(None, state)[1][0]
    assert find_atlas(good, state)[1] == []


def test_a_bad_file_changes_nothing(good: Path, bad: Path, state: Path) -> None:
    update_atlas(good, state)
    for path, error in ((bad, AtlasError), (bad.parent / "none.atlas", FileError)):
        with pytest.raises(error, match=str(path)):
            update_atlas(path, state)
    assert (state / FILE).read_bytes() == good.read_bytes()
    assert [path.name for path in state.iterdir()] == [FILE]


def test_a_bad_atlas_of_the_owner_is_told_and_the_built_in_one_plays(state: Path) -> None:
    state.mkdir(parents=True)
    (state / FILE).write_bytes(b"no zip")
    atlas, wrong = find_atlas(None, state)
    assert atlas.name
    assert len(wrong) == 1
    assert "another one plays" in wrong[0]


def test_a_bad_one_that_was_named_ends_it_only_where_somebody_sees_it(
    good: Path, bad: Path, state: Path
) -> None:
    with pytest.raises(AtlasError):
        find_atlas(bad, state)
    missing = bad.parent / "none.atlas"
    for named in (bad, missing):
        _, wrong = find_atlas(named, state, unattended=True)
        assert [str(named) in line for line in wrong] == [True]
    update_atlas(good, state)
    (state / FILE).write_bytes(b"no zip")
    assert len(find_atlas(bad, state, unattended=True)[1]) == 2


def test_back_to_the_built_in_one(good: Path, state: Path) -> None:
    assert not remove_atlas(state)
    update_atlas(good, state)
    assert remove_atlas(state)
    assert not (state / FILE).exists()


def test_a_folder_that_can_not_be_is_an_error(good: Path) -> None:
    with pytest.raises(FileError, match="no folder for state"):
        update_atlas(good, good / "below a file")
