"""The page as a panel, on a virtual clock."""

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.snapshot import Snapshot
from drumatlas.web.messages import Go, Land, Mute, Recall
from drumatlas.web.panel import WAITING, WebPanel


@pytest.fixture
def panel(engine: Engine) -> WebPanel:
    panel = WebPanel(engine)
    engine.add_panel(panel)
    return panel


def test_of_a_drag_the_end_counts_and_order_is_kept(panel: WebPanel) -> None:
    for order in (Turn("x1", 0.1), Turn("x1", 0.2), Press("save_a"), Turn("x1", 0.3)):
        panel.put(order)
    assert panel.poll(0) == [Turn("x1", 0.2), Press("save_a"), Turn("x1", 0.3)]
    assert panel.poll(0) == []


def test_a_jump_waits_for_what_was_turned_before(
    panel: WebPanel, engine: Engine, atlas: Atlas
) -> None:
    panel.put(Turn("x1", 0.9))
    panel.put(Go(7))
    engine.tick(0)
    assert engine.explorer.values["x1"] == 0.9
    engine.tick(1)
    assert np.allclose(engine.explorer.latent, atlas.points.z[7], atol=1e-4)
    assert panel.point_at(tuple(engine.explorer.knobs.tolist())) == 7
    panel.put(Turn("x1", 0.5))
    engine.tick(2)
    assert panel.point_at(tuple(engine.explorer.knobs.tolist())) is None


def test_a_visit_brings_tempo_and_feel_and_can_be_undone(panel: WebPanel, engine: Engine) -> None:
    values = {**engine.explorer.values, "tempo": 1.0, "swing": 0.5}
    panel.put(Recall(Snapshot((0.1, 0.2, 0.3, 0.4), values, False)))
    engine.tick(0)
    assert engine.bpm == 240
    assert not engine.explorer.novelty
    panel.put(Press("undo"))
    engine.tick(1)
    assert engine.bpm == 120
    assert engine.explorer.novelty


def test_mutes_add_up(panel: WebPanel, engine: Engine) -> None:
    panel.put(Mute(0, True))
    panel.put(Mute(1, True))
    panel.put(Mute(0, False))
    engine.tick(0)
    engine.sequencer.advance(0)
    assert [out.is_muted for out in engine.sequencer.settings.voices] == [False, True] + [
        False
    ] * 12


def test_a_fault_does_not_take_the_page_away(
    panel: WebPanel, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, is_edit: bool) -> None:
        raise RuntimeError("no such place")

    monkeypatch.setattr(engine, "land", fail)
    panel.put(Land((0,) * 32))
    engine.tick(0)
    assert engine.panels == (panel,)
    assert engine.faults == ["page: RuntimeError: no such place"]
    monkeypatch.undo()
    panel.put(Land((1,) * 32))
    engine.tick(0)
    assert engine.faults == []


def test_of_many_beats_only_the_last_is_searched(
    panel: WebPanel, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = []
    monkeypatch.setattr(engine, "land", lambda code, is_edit: landed.append((code[0], is_edit)))
    for step in range(20):
        panel.put(Land((step,) * 32, is_edit=True))
    panel.put(Go(7))
    engine.tick(0)
    assert landed == [(19, True)]
    assert panel.point_at(tuple(engine.explorer.knobs.tolist())) == 7


def test_a_flood_is_bounded(panel: WebPanel) -> None:
    for _ in range(10 * WAITING):
        panel.put(Press("tap"))
    assert len(panel.poll(0)) == WAITING
