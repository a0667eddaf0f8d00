import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import pytest

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.atlas.read import read_atlas, read_builtin
from drumatlas.errors import AtlasError, ConfigError, FileError
from drumatlas.explore.explorer import Explorer
from drumatlas.service import atlas as service_atlas
from drumatlas.service.atlas import FILE, find_atlas, remove_atlas, update_atlas

BUILTIN = read_builtin().name


def named_so(atlas: Atlas) -> str:
    return atlas.name


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
def silent(tmp_path: Path, good: Path) -> Path:
    """A whole atlas in which no place gives a beat."""
    path = tmp_path / "silent.atlas"
    with ZipFile(good) as source, ZipFile(path, "w") as target:
        info = json.loads(source.read("atlas.json")) | {"thresholds": [0.9999999] * 14}
        for name in source.namelist():
            is_info = name == "atlas.json"
            target.writestr(name, json.dumps(info) if is_info else source.read(name))
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "not there yet" / "state"


def test_the_owners_atlas_plays_when_none_is_named(good: Path, state: Path) -> None:
    assert find_atlas(None, state, named_so)[1] == find_atlas(None, None, named_so)[1] == []
    update_atlas(good, state)
    assert (state / FILE).read_bytes() == good.read_bytes()
    (state / FILE).write_bytes(b"")  # so that it shows which one is read
    assert str(state / FILE) in find_atlas(None, state, named_so)[1][0]
    assert find_atlas(good, state, named_so)[1] == []


def test_a_bad_file_changes_nothing(good: Path, bad: Path, state: Path) -> None:
    update_atlas(good, state)
    for path, error in ((bad, AtlasError), (bad.parent / "none.atlas", FileError)):
        with pytest.raises(error, match=str(path)):
            update_atlas(path, state)
    assert (state / FILE).read_bytes() == good.read_bytes()
    assert [path.name for path in state.iterdir()] == [FILE]


def test_a_bad_atlas_of_the_owner_is_reported_and_the_built_in_one_plays(state: Path) -> None:
    state.mkdir(parents=True)
    (state / FILE).write_bytes(b"no zip")
    name, wrong = find_atlas(None, state, named_so)
    assert name == BUILTIN
    assert len(wrong) == 1
    assert "playing another atlas" in wrong[0]


def test_a_bad_one_that_was_named_ends_it_only_where_somebody_sees_it(
    good: Path, bad: Path, state: Path
) -> None:
    with pytest.raises(AtlasError):
        find_atlas(bad, state, named_so)
    missing = bad.parent / "none.atlas"
    for named in (bad, missing):
        _, wrong = find_atlas(named, state, named_so, unattended=True)
        assert [str(named) in line for line in wrong] == [True]
    update_atlas(good, state)
    (state / FILE).write_bytes(b"no zip")
    assert len(find_atlas(bad, state, named_so, unattended=True)[1]) == 2


def test_the_built_in_atlas_can_be_restored(good: Path, state: Path) -> None:
    assert not remove_atlas(state)
    update_atlas(good, state)
    assert remove_atlas(state)
    assert not (state / FILE).exists()


def test_an_impossible_folder_is_an_error(good: Path) -> None:
    with pytest.raises(FileError, match="cannot make the state folder"):
        update_atlas(good, good / "below a file")


def test_an_atlas_without_a_beat_is_refused(silent: Path, good: Path, state: Path) -> None:
    update_atlas(good, state)
    with pytest.raises(AtlasError, match=f"{silent}: .*none of its beats passes"):
        update_atlas(silent, state)
    assert (state / FILE).read_bytes() == good.read_bytes()
    with pytest.raises(AtlasError, match=f"{silent}: .*none of its beats passes"):
        find_atlas(silent, state, Explorer)
    (state / FILE).write_bytes(silent.read_bytes())
    for named, count in ((None, 1), (silent, 2)):
        explorer, wrong = find_atlas(named, state, Explorer, unattended=True)
        assert explorer.atlas.name == BUILTIN
        assert [line.count("none of its beats passes") for line in wrong] == [1] * count


def test_whatever_a_foreign_network_raises_another_one_plays(
    good: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Floats) -> Floats:
        raise RuntimeError("only three points")

    def read(path: Path | None) -> Atlas:
        return replace(read_atlas(path), decode=broken) if path else read_builtin()

    monkeypatch.setattr(service_atlas, "open_atlas", read)
    explorer, wrong = find_atlas(good, state, Explorer, unattended=True)
    assert explorer.pattern
    assert wrong == [
        f"{good}: cannot be played: RuntimeError: only three points; playing another atlas"
    ]
    with pytest.raises(AtlasError, match="only three points"):
        find_atlas(good, state, Explorer)


def test_other_errors_are_not_blamed_on_the_atlas(good: Path, state: Path) -> None:
    def fail(_: Atlas) -> None:
        raise ConfigError("play.swap")

    with pytest.raises(ConfigError, match="^play.swap$"):
        find_atlas(good, state, fail, unattended=True)
