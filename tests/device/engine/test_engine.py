from collections.abc import Callable
from itertools import pairwise

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import grids
from drumatlas.engine import Engine, Fault
from drumatlas.explore.controls import Change, Press, Turn
from drumatlas.explore.encode import encode_beat
from drumatlas.explore.explorer import Explorer
from drumatlas.play.events import START, STOP, Event, Output
from drumatlas.play.feel import Feel
from drumatlas.play.following import HeardClock
from drumatlas.play.settings import PlaySettings
from drumatlas.play.timeline import ns_per_tick
from support.beats import FUNK
from support.fake_panel import FakePanel

MS = 1_000_000


def sent(outputs: list[Output]) -> list[bytes]:
    return [o.data for o in outputs if isinstance(o, Event)]


def test_play_button_starts_and_stops(engine: Engine) -> None:
    engine.handle(Press("play"), 0)
    assert START in sent(engine.sequencer.advance(10 * MS))
    engine.handle(Press("play"), 10 * MS)
    assert STOP in sent(engine.sequencer.advance(20 * MS))


def test_a_turned_knob_reaches_the_sequencer(engine: Engine, panel: FakePanel) -> None:
    panel.changes = [Turn("x1", 0.95)]
    engine.tick(0)
    engine.sequencer.advance(10 * MS)
    assert engine.sequencer.pattern is engine.explorer.pattern


def test_the_tempo_knob_and_taps_set_the_tempo(engine: Engine) -> None:
    engine.handle(Turn("tempo", 1.0), 0)
    assert engine.bpm == 240
    for beat in range(5):
        engine.handle(Press("tap"), beat * 400 * MS)
    assert engine.bpm == pytest.approx(150)
    engine.handle(Press("tap"), 60_000 * MS)  # long after: a new count, no new tempo
    assert engine.bpm == pytest.approx(150)
    engine.sequencer.advance(1)
    assert engine.sequencer.bpm == pytest.approx(150)


def test_loading_a_snapshot_brings_tempo_and_feel_back(engine: Engine) -> None:
    engine.handle(Turn("swing", 0.5), 0)
    engine.handle(Press("save_a"), 0)
    engine.handle(Turn("swing", 0.0), 0)
    engine.handle(Turn("tempo", 0.9), 0)
    engine.handle(Press("load_a"), 0)
    assert engine.bpm == pytest.approx(120)
    assert engine.values["swing"] == 0.5
    engine.sequencer.advance(1)
    assert engine.sequencer.bpm == pytest.approx(120)
    assert engine.sequencer._s.feel == engine.feel == Feel(swing=0.5)


def test_tempo_and_feel_have_one_owner(engine: Engine, atlas: Atlas) -> None:
    engine.handle(Turn("humanize", 0.25), 0)
    engine.set_bpm(270)  # more than the control reaches
    before = engine.explorer
    engine.change_atlas(Explorer(atlas))
    assert engine.explorer is not before
    assert engine.explorer.values is engine.values
    assert (engine.bpm, engine.values["tempo"]) == (270, 1.0)
    engine.handle(Press("save_a"), 0)
    engine.handle(Press("load_a"), 0)
    assert engine.bpm == 270  # where the snapshot has the control
    engine.handle(Turn("tempo", 0.5), 0)
    assert engine.bpm == 140
    engine.handle(Press("load_a"), 0)
    assert engine.bpm == 240
    engine.sequencer.advance(1)
    assert engine.sequencer.bpm == pytest.approx(240)
    assert engine.sequencer._s.feel == engine.feel == Feel(humanize=0.25)


def test_a_turned_tempo_replaces_that_of_a_leader_that_is_gone(engine: Engine) -> None:
    sequencer = engine.sequencer
    sequencer.follow(True)
    sequencer.hear_clock(HeardClock(0, 0, ns_per_tick(150)))
    sequencer.follow(False)
    engine.handle(Press("save_a"), 0)
    engine.handle(Press("load_a"), 0)  # nothing new: the leader's tempo stays in force
    sequencer.advance(1)
    assert sequencer.bpm == pytest.approx(150)
    engine.handle(Turn("tempo", engine.values["tempo"]), 0)
    sequencer.advance(2)
    assert sequencer.bpm == pytest.approx(120) == engine.bpm


def test_each_listener_hears_each_change(engine: Engine, panel: FakePanel) -> None:
    first: list[Change] = []
    second: list[Change] = []
    engine.listeners += [first.append, second.append]
    panel.changes = [Press("keep"), Turn("x1", 0.5)]
    engine.tick(0)
    assert first == second == [Press("keep"), Turn("x1", 0.5)]


def test_panels_come_and_go(engine: Engine, panel: FakePanel) -> None:
    other = FakePanel()
    other.name = "other"
    engine.add_panel(other)
    assert engine.panels == (panel, other)
    other.fault = "wire off"
    engine.tick(0)
    assert engine.panels == (panel,)
    assert engine.fault_records == [Fault("panel other", "panel other: wire off")]
    engine.remove_panel(other)  # as before another one is opened in its place
    assert engine.faults == []
    engine.remove_panel(panel)
    assert engine.panels == ()


def test_panic_button(engine: Engine) -> None:
    engine.handle(Press("panic"), 0)
    assert bytes((0xB9, 123, 0)) in sent(engine.sequencer.advance(MS))


def test_a_fill_is_played_once(engine: Engine, check_stream: Callable[..., object]) -> None:
    engine.handle(Press("play"), 0)
    engine.tick(0)
    out = engine.sequencer.advance(300 * MS)
    engine.handle(Press("fill"), 300 * MS)
    engine.tick(300 * MS)
    assert engine.explorer.fill is None
    out += engine.sequencer.advance(4_000 * MS)
    check_stream(out, is_over=False)


def play_to(engine: Engine, ms: int, start_ms: int = 0) -> None:
    """The slow loop's ticks, and the sequencer 120 ms ahead as the performer runs it."""
    sequencer = engine.sequencer
    sequencer.can_rewind, sequencer.lookahead_ns = True, 120 * MS
    for now in range(start_ms * MS, ms * MS, 10 * MS):
        engine.tick(now)
        if sequencer.is_urgent:
            sequencer.rewind(now)
        sequencer.advance(now + 120 * MS)


@pytest.mark.parametrize("swap", ["step", "beat", "bar", "end"])
def test_a_program_change_comes_in_at_the_end_of_the_pattern(atlas: Atlas, swap: str) -> None:
    engine = Engine(atlas, PlaySettings(swap=swap), [], 0)
    engine.handle(Press("next_genre"), 0)
    engine.explorer.save("77")
    wanted = engine.explorer.pattern
    engine.handle(Press("undo"), 0)
    home = engine.explorer.pattern
    assert wanted != home
    heard: dict[int, object] = {}  # what was taken back is heard anew
    engine.sequencer.on_step = lambda step, pattern, _: heard.update({step: pattern})
    engine.handle(Press("play"), 0)
    play_to(engine, 1000)
    engine.recall(77, 1000 * MS)
    play_to(engine, 5000, 1000)
    assert len(heard) > 36
    assert all((pattern == wanted) == (step >= 32) for step, pattern in heard.items())


def test_a_program_change_comes_in_at_once_while_stopped(engine: Engine) -> None:
    engine.handle(Turn("tempo", 0.75), 0)
    engine.handle(Press("save_b"), 0)
    engine.handle(Turn("tempo", 0.25), 0)
    engine.recall(5, 0)  # never saved
    assert engine.bpm == pytest.approx(90)
    engine.recall(1, 0)  # the second program is slot b
    assert engine.bpm == pytest.approx(190)


def test_a_beat_lands_at_the_place_found_for_it(engine: Engine, atlas: Atlas) -> None:
    home = engine.explorer.pattern
    engine.land(FUNK)
    found = encode_beat(atlas, FUNK)
    assert engine.explorer.latent == pytest.approx(found, abs=1e-5)
    assert found != pytest.approx(atlas.encode(grids([FUNK]).astype("float32"))[0], abs=1e-2)
    engine.handle(Press("undo"), 0)
    assert engine.explorer.pattern == home


@pytest.mark.parametrize("swap", ["step", "bar"])
def test_wander_lands_on_bars(atlas: Atlas, swap: str) -> None:
    engine = Engine(atlas, PlaySettings(swap=swap), [], 0)
    starts: list[tuple[int, object]] = []
    engine.sequencer.on_step = lambda step, pattern, _: starts.append((step, pattern))
    engine.handle(Press("play"), 0)
    engine.handle(Press("wander"), 0)
    for now_ns in range(0, 20_000 * MS, 10 * MS):
        engine.tick(now_ns)
        engine.sequencer.advance(now_ns + 10 * MS)
    changes = [step for (_, old), (step, new) in pairwise(starts) if new is not old]
    assert len(changes) > 7  # of the nine bar lines in 20 s at 120 BPM
    assert all(step % 16 == 0 for step in changes)


def test_a_fill_ends_on_the_one(engine: Engine) -> None:
    starts: list[tuple[int, object]] = []
    engine.sequencer.on_step = lambda step, pattern, _: starts.append((step, pattern))
    engine.handle(Press("play"), 0)
    for now_ns in range(0, 5_000 * MS, 10 * MS):
        if now_ns == 3_000 * MS:
            engine.handle(Press("fill"), now_ns)
        engine.tick(now_ns)
        engine.sequencer.advance(now_ns + 10 * MS)
    home = starts[0][1]
    filled = [step for step, pattern in starts if pattern is not home]
    assert filled
    assert (filled[-1] + 1) % 16 == 0
    assert filled == list(range(filled[0], filled[-1] + 1))
