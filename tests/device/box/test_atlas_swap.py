import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.box.atlas_swap import AtlasSwap
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press, Turn
from drumatlas.play.events import Event
from drumatlas.play.settings import PlaySettings
from drumatlas.service.atlas import FILE, update_atlas
from support.atlases import write_other

STEP = 125_000_000
BAR = 16 * STEP


@pytest.fixture
def other(tmp_path: Path, atlas: Atlas) -> Path:
    return write_other(tmp_path / "other.atlas", atlas)


def engine_of(atlas: Atlas) -> Engine:
    return Engine(atlas, PlaySettings(), [], 0)


def read(swap: AtlasSwap) -> None:
    """Ask; let the thread that reads end; play what it found."""
    swap.ask()
    swap.tick(0)
    for thread in threading.enumerate():
        if thread.name == "atlas":
            thread.join(60)
            assert not thread.is_alive()
    swap.tick(0)


def test_another_atlas_comes_in_at_the_next_bar_and_no_step_is_missing(
    tmp_path: Path, atlas: Atlas, other: Path
) -> None:
    engine = engine_of(atlas)
    heard: list[tuple[int, tuple[int, ...]]] = []
    engine.sequencer.on_step = lambda step, pattern, _hits: heard.append((step, pattern.code))
    swap = AtlasSwap(engine, None, tmp_path)
    engine.sequencer.start()
    for now in range(0, BAR + 5 * STEP, STEP // 4):
        engine.tick(now)
        engine.sequencer.advance(now)
    old = engine.explorer.pattern.code
    update_atlas(other, tmp_path)
    read(swap)
    assert engine.explorer.atlas.name == "other"
    for now in range(BAR + 5 * STEP, 3 * BAR, STEP // 4):
        engine.tick(now)
        engine.sequencer.advance(now)
    assert [step for step, _ in heard] == list(range(len(heard)))
    new = engine.explorer.pattern.code
    assert new != old
    assert {code for step, code in heard if step < 32} == {old}
    assert {code for step, code in heard if step >= 32} == {new}


def test_controls_stay_as_they_were_set(tmp_path: Path, atlas: Atlas, other: Path) -> None:
    engine = engine_of(atlas)
    engine.handle(Turn("x2", 0.8), 0)
    engine.handle(Turn("density", 0.7), 0)
    engine.handle(Press("save_a"), 0)
    engine.handle(Press("novelty"), 0)
    said: list[str] = []
    told: list[str] = []
    swap = AtlasSwap(engine, other, None, say=said.append)
    swap.on_change = lambda one: told.append(one.name)
    read(swap)
    explorer = engine.explorer
    assert (explorer.values["x2"], explorer.values["density"]) == (0.8, 0.7)
    assert explorer.knobs == pytest.approx(np.array([0.5, 0.8, 0.5, 0.5], np.float32))
    assert list(explorer.snapshots) == ["a"]
    assert not explorer.novelty
    assert (said, told) == (["now playing from atlas 'other'"], ["other"])
    engine.handle(Press("load_a"), 0)
    assert engine.explorer.novelty


def test_the_same_file_changes_nothing(tmp_path: Path, atlas: Atlas) -> None:
    engine = engine_of(atlas)
    before = engine.explorer
    read(AtlasSwap(engine, None, tmp_path))
    assert engine.explorer is before


def test_a_file_that_is_bad_is_shown_and_one_that_is_mended_is_not(
    tmp_path: Path, atlas: Atlas, other: Path
) -> None:
    engine = engine_of(atlas)
    own = tmp_path / "state" / FILE
    own.parent.mkdir()
    own.write_bytes(b"nothing")
    swap = AtlasSwap(engine, None, own.parent)
    read(swap)
    assert [fault for fault in engine.faults if "own.atlas" in fault and "plays on" in fault]
    assert engine.explorer.atlas.name == atlas.name
    shutil.copy(other, own)
    read(swap)
    assert engine.faults == []
    assert engine.explorer.atlas.name == "other"
    own.unlink()
    read(swap)
    assert engine.explorer.atlas.name == atlas.name


def test_every_note_ends_over_the_change(tmp_path: Path, atlas: Atlas, other: Path) -> None:
    engine = engine_of(atlas)
    swap = AtlasSwap(engine, other, None)
    engine.sequencer.start()
    out = list(engine.sequencer.advance(BAR // 2))
    read(swap)
    for now in range(BAR // 2, 3 * BAR, STEP):
        engine.tick(now)
        out += engine.sequencer.advance(now)
    engine.sequencer.stop()
    out += engine.sequencer.advance(3 * BAR)
    notes = [one.data for one in out if isinstance(one, Event) and one.data[0] & 0xE0 == 0x80]
    ons = sorted(data[1] for data in notes if data[0] & 0xF0 == 0x90 and data[2])
    offs = sorted(data[1] for data in notes if data[0] & 0xF0 == 0x80 or not data[2])
    assert ons
    assert ons == offs


def test_a_network_that_fails_later_is_shown_and_the_one_before_plays_on(
    atlas: Atlas, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("only three points")

    engine = engine_of(atlas)
    monkeypatch.setattr("drumatlas.explore.explorer.Explorer", broken)
    read(AtlasSwap(engine, other, None))
    assert engine.faults == ["atlas: RuntimeError: only three points; the atlas before plays on"]
    assert engine.explorer.atlas is atlas


def test_after_one_that_hangs_a_good_one_is_read(
    tmp_path: Path, atlas: Atlas, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trial ends by the limits, and the thread with it."""
    onnx = pytest.importorskip("onnx", reason="wants the [export] extra")
    assert onnx
    from drumatlas.atlas import limits, trial
    from support import onnx_graphs
    from support.atlases import with_decoder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(trial, "MOST_CPU_S", 3)
    engine = engine_of(atlas)
    swap = AtlasSwap(engine, None, tmp_path)
    (tmp_path / FILE).write_bytes(with_decoder(onnx_graphs.is_slow()))
    # What refuses that one is what it takes, not what it is made of.
    assert limits.MOST_NODES > 200
    read(swap)
    assert "for a box" in engine.faults[0] or "too slow" in engine.faults[0]
    assert engine.explorer.atlas.name == atlas.name
    update_atlas(other, tmp_path)
    read(swap)
    assert engine.faults == []
    assert engine.explorer.atlas.name == "other"


def test_an_atlas_that_was_read_plays_before_the_next_look(
    tmp_path: Path, atlas: Atlas, other: Path
) -> None:
    """A thread that ends in the middle of a tick has found something that is not played yet."""
    engine = engine_of(atlas)
    swap = AtlasSwap(engine, other, None)
    swap.ask()
    swap.tick(0)
    assert swap._thread
    thread = swap._thread
    thread.join()
    found, swap._found = swap._found, None  # as at the beginning of the tick

    class Ending:
        """Alive when it is first looked at; has ended, and left what it found, just after."""

        def is_alive(self) -> bool:
            swap._found = found
            return False

    swap._thread = Ending()  # type: ignore[assignment]
    swap.ask()
    swap.tick(0)
    assert isinstance(swap._thread, Ending), "another look before that one played"
    assert engine.explorer.atlas.name == atlas.name
    swap.tick(0)
    assert engine.explorer.atlas.name == "other"
