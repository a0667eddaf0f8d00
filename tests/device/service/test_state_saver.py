import errno
import itertools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press, Turn
from drumatlas.play.settings import PlaySettings
from drumatlas.service.state import FILE, StateStore
from drumatlas.service.state_saver import EVERY_NS, StateSaver, restore, saved_state
from support.waiting import until


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(tmp_path / "state")


@pytest.fixture
def saver(engine: Engine, store: StateStore) -> Iterator[StateSaver]:
    one = StateSaver(engine, store, lambda: {74: "x1"})
    yield one
    one.close()


@pytest.fixture
def tick_until(engine: Engine, saver: StateSaver) -> Callable[[bool], None]:
    """Ticks the saver, a second a time, until the engine has a fault or has none."""
    seconds = itertools.count(1)

    def tick(has_fault: bool) -> None:
        deadline = time.monotonic() + 5
        while bool(engine.faults) != has_fault:
            assert time.monotonic() < deadline
            saver.tick(next(seconds) * EVERY_NS)
            time.sleep(0.005)

    return tick


def test_everything_is_as_it_was_left(engine: Engine, atlas: Atlas, store: StateStore) -> None:
    saver = StateSaver(engine, store, lambda: {74: "x1"})
    for change in (
        Press("next_genre"), Press("save_c"), Press("next_genre"), Press("novelty"),
        Turn("x3", 0.123), Turn("density.hats", 0.7), Turn("swing", 0.3), Turn("chaos", 0.4),
        Turn("accent", 0.9),
    ):  # fmt: skip
        engine.handle(change, 0)
    engine.explorer.save("100")
    engine.set_bpm(251.5)  # more than the control reaches
    saver.close()
    kept, lines = store.load()
    assert kept is not None
    assert not lines
    other = Engine(atlas, PlaySettings(), [], 0)
    restore(other, kept)
    assert other.explorer.pattern == engine.explorer.pattern
    assert other.explorer.values == engine.explorer.values
    assert other.explorer.snapshots == engine.explorer.snapshots
    assert other.bpm == 251.5
    assert saved_state(other, {74: "x1"}) == kept
    for one in (engine, other):
        one.sequencer.advance(1)
        assert one.sequencer._s.feel.swing == 0.3


def test_nothing_is_written_until_something_changes(
    engine: Engine, saver: StateSaver, store: StateStore
) -> None:
    saver.tick(EVERY_NS)
    engine.handle(Turn("x1", 0.7), 0)
    saver.tick(2 * EVERY_NS - 1)  # too soon
    saver._writer.close()
    assert not (store.folder / FILE).exists()


def test_changes_are_written_while_it_plays(
    engine: Engine, saver: StateSaver, store: StateStore
) -> None:
    engine.handle(Turn("x1", 0.7), 0)
    saver.tick(EVERY_NS)
    until((store.folder / FILE).exists)
    assert json.loads((store.folder / FILE).read_text())["learned"] == {"74": "x1"}


def test_wandering_spares_the_card(engine: Engine, saver: StateSaver, store: StateStore) -> None:
    engine.handle(Press("wander"), 0)
    for second in range(1, 30):
        engine.explorer.tick(second * EVERY_NS)
        saver.tick(second * EVERY_NS)
    saver._writer.close()
    assert not (store.folder / FILE).exists()


def test_a_folder_that_goes_is_shown_and_one_that_comes_back_is_used(
    engine: Engine, store: StateStore, tick_until: Callable[[bool], None]
) -> None:
    shutil.rmtree(store.folder)
    engine.handle(Turn("x1", 0.7), 0)
    tick_until(True)
    assert len(engine.faults) == 1
    assert str(store.folder) in engine.faults[0]
    store.folder.mkdir()
    tick_until(False)
    assert store.load()[0] == saved_state(engine, {74: "x1"})


def test_a_card_that_fails_in_the_middle_is_shown_and_the_state_is_kept_when_it_is_well(
    engine: Engine,
    store: StateStore,
    tick_until: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    engine.handle(Turn("x1", 0.7), 0)
    with monkeypatch.context() as card:
        card.setattr(os, "fsync", fail)
        card.setattr(Path, "unlink", fail)
        tick_until(True)
        assert engine.faults[0].startswith("state: ")
        assert "Input/output error" in engine.faults[0]
    tick_until(False)
    with monkeypatch.context() as card:
        card.setattr(store, "save", fail)  # between the steps that tell it by themselves
        engine.handle(Turn("x1", 0.2), 0)
        tick_until(True)
    tick_until(False)
    assert store.load()[0] == saved_state(engine, {74: "x1"})


def test_a_writer_without_memory_is_shown_and_writes_again(
    engine: Engine,
    store: StateStore,
    tick_until: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread outlives whatever one write fails of."""

    def fail(_kept: object) -> None:
        raise MemoryError

    with monkeypatch.context() as memory:
        memory.setattr(store, "save", fail)
        engine.handle(Turn("x1", 0.7), 0)
        tick_until(True)
        assert engine.faults == ["state: not written: MemoryError"]
    tick_until(False)
    assert store.load()[0] == saved_state(engine, {74: "x1"})
