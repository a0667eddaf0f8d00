"""The state file, and power cuts at every step of writing it."""

import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.errors import FileError, StateError
from drumatlas.explore.controls import DEFAULTS
from drumatlas.explore.snapshot import Snapshot
from drumatlas.service.state import (
    FILE,
    PREVIOUS,
    SavedState,
    StateStore,
    state_folder,
    state_from_json,
)


def kept_at(knob: float) -> SavedState:
    place = Snapshot((knob, 0.5, 0.5, 0.5), dict(DEFAULTS))
    return SavedState(place, 97.5, {"a": place, "127": place}, {74: "x1", 3: "panic"})


OLD, NEW = kept_at(0.25), kept_at(0.75)


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(tmp_path / "made" / "here")


def test_a_saved_state_is_loaded(store: StateStore) -> None:
    assert store.load() == (None, [])
    store.save(OLD)
    store.save(NEW)
    assert store.load() == (NEW, [])
    assert state_from_json(json.loads((store.folder / PREVIOUS).read_text())) == OLD
    assert sorted(path.name for path in store.folder.iterdir()) == [FILE, PREVIOUS]


@pytest.mark.parametrize("damage", [b"", b"\xff", b"{", b"[]", b'{"version": 2}', b"[" * 100_000])
def test_a_damaged_file_falls_back_to_the_one_before_and_then_to_none(
    store: StateStore, damage: bytes
) -> None:
    store.save(OLD)
    store.save(NEW)
    (store.folder / FILE).write_bytes(damage)
    kept, lines = store.load()
    assert kept == OLD
    assert len(lines) == 1
    assert FILE in lines[0]
    assert "the file before it" in lines[0]
    (store.folder / PREVIOUS).write_bytes(damage)
    kept, lines = store.load()
    assert kept is None
    assert len(lines) == 1
    assert "starting from the defaults" in lines[0]


@pytest.mark.parametrize(
    "change",
    [
        {"bpm": 10},
        {"bpm": True},
        {"bpm": float("nan")},
        {"snapshots": {"e": OLD.place.to_json()}},
        {"snapshots": {"a": {}}},
        {"snapshots": []},
        {"place": None},
        {"learned": {"120": "x1"}},
        {"learned": []},
        {"version": None},
    ],
)
def test_a_value_out_of_range_counts_as_damage(change: dict[str, object]) -> None:
    with pytest.raises(StateError):
        state_from_json(OLD.to_json() | change)


def test_controls_of_later_versions_are_left_out() -> None:
    later = OLD.to_json() | {"learned": {"5": "reverb", "6": "x2"}, "more": 1}
    assert state_from_json(later).learned == {6: "x2"}


def test_an_impossible_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="file"):
        StateStore(tmp_path / "file")


def test_state_goes_to_the_first_folder_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
    assert state_folder("") == Path("/xdg/drumatlas")
    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")  # which XDG says to ignore
    assert state_folder("") == Path.home() / ".local/state/drumatlas"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/drumatlas:/more")
    assert state_folder("") == Path("/var/lib/drumatlas")
    assert state_folder("/here") == Path("/here")
    assert state_folder("none") is None


class PowerCut(BaseException):
    """The machine is off: nothing after it reaches the disk."""


class Disk:
    """Every call that changes the disk, counted; from the `last`th on there is no power.

    What was written but not synced is lost, or half of it; renames of the lost file stay, as a
    journal may have it.
    """

    CALLS = ("open", "fsync", "replace", "rename", "link", "unlink", "remove", "chmod", "mkdir")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
        self.left = last
        self.synced: set[int] = set()  # inodes
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **more: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                return call(*arguments, **more)  # a thread of an earlier test
            if self.left == 0:
                raise PowerCut
            self.left -= 1
            result = call(*arguments, **more)
            if name == "fsync":
                self.synced.add(os.fstat(arguments[0]).st_ino)
            return result

        return counted

    def lose(self, folder: Path, before: set[int], chance: random.Random) -> None:
        """What the disk has when power is back."""
        for path in folder.iterdir():
            inode = path.stat().st_ino
            if inode not in self.synced | before:
                data = path.read_bytes()
                path.write_bytes(data[: chance.randrange(len(data) + 1)])


def inodes(folder: Path) -> set[int]:
    return {path.stat().st_ino for path in folder.iterdir()}


def save_with_a_cut(store: StateStore, last: int) -> tuple[Disk, bool]:
    """Save NEW on a disk that does `last` calls and no more; whether it came to that."""
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, last)
        try:
            store.save(NEW)
        except PowerCut:
            return disk, True
    return disk, False


def test_power_cut_at_every_call_leaves_the_old_or_the_new_state(tmp_path: Path) -> None:
    outcomes = []
    for last in range(100):
        store = StateStore(tmp_path / str(last))
        store.save(kept_at(0.0))
        store.save(OLD)
        before = inodes(store.folder)
        disk, is_cut = save_with_a_cut(store, last)
        disk.lose(store.folder, before, random.Random(last))
        kept, lines = store.load()
        assert kept in (OLD, NEW), f"cut after {last} calls"
        assert not lines
        outcomes.append(kept)
        store.save(NEW)  # and it goes on, with nothing left over
        assert store.load() == (NEW, [])
        assert {path.name for path in store.folder.iterdir()} == {FILE, PREVIOUS}
        if not is_cut:
            break
    else:
        pytest.fail("the write never came to its end")
    assert outcomes[0] == OLD
    assert outcomes[-1] == NEW
    assert last > 5  # it was cut in many places


def test_the_very_first_write_may_be_cut_too(tmp_path: Path) -> None:
    for last in range(100):
        store = StateStore(tmp_path / str(last))
        disk, is_cut = save_with_a_cut(store, last)
        disk.lose(store.folder, set(), random.Random(last))
        assert store.load()[0] in (None, NEW)
        if not is_cut:
            break
    assert store.load() == (NEW, [])


def test_without_hard_links_it_is_still_written(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store.save(OLD)
    store.save(NEW)
    assert store.load() == (NEW, [])


def test_a_folder_that_can_not_be_listed_is_no_reason_not_to_write(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "glob", fail)
    store.save(NEW)
    assert store.load() == (NEW, [])


def test_a_folder_that_may_not_be_searched_is_an_error(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", fail)
    monkeypatch.setattr(Path, "read_bytes", fail)
    kept, lines = store.load()
    assert kept is None
    assert "starting from the defaults" in lines[0]
