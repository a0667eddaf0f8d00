"""Views of an engine on a virtual clock, and what of them is sent."""

import json
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.latent import map_to_latent
from drumatlas.explore.search import Places
from drumatlas.web.view import Facts, Run, ViewReader
from drumatlas.web.view_json import ViewEncoder, cells, changes, merge

TICK = 20_833_333


@pytest.fixture
def watcher(engine: Engine) -> ViewReader:
    return ViewReader(engine, Facts(lambda: {"out": "none"}, lambda: False, dict, lambda _: None))


def test_it_is_plain_json_and_holds_every_control(
    engine: Engine, watcher: ViewReader, atlas: Atlas
) -> None:
    shown = ViewEncoder(atlas, 0).of(watcher.look(0))
    assert json.loads(json.dumps(shown)) == shown
    assert shown["values"].keys() == engine.explorer.values.keys()
    assert shown["comes"] is None
    assert shown["atlas"] == atlas.sha256 != ""


def test_notices_and_faults_are_shown_apart_from_flags(
    engine: Engine, watcher: ViewReader, atlas: Atlas
) -> None:
    engine.flags["learning"] = True
    engine.set_notice("keep", "kept a.mid")
    engine.set_faults("ports", "TR-8S: unplugged")
    shown = ViewEncoder(atlas, 0).of(watcher.look(0))
    flags = {"frozen": False, "wandering": False, "novelty": True, "learning": True}
    assert shown["flags"] == flags
    assert shown["notices"] == {"keep": "kept a.mid"}
    assert shown["faults"] == ["TR-8S: unplugged"]


def test_the_joysticks_place_is_shown_where_it_is(
    engine: Engine, watcher: ViewReader, atlas: Atlas
) -> None:
    show = ViewEncoder(atlas, 0)
    for x, y in ((0.1, 0.9), (0.65, 0.2), (0.5, 0.5)):
        engine.handle(Turn("map_x", x), 0)
        engine.handle(Turn("map_y", y), 0)
        here = show.of(watcher.look(0))["here"]
        assert (here["x"], here["y"]) == (x, y)
        assert np.array_equal(np.float32(here["z"]), engine.explorer.latent)
        assert np.allclose(here["z"], map_to_latent(atlas, x, y), atol=1e-4)
        # `decode` gives the beat that will play from the very numbers that are shown.
        code = Places(atlas).at(np.array(here["z"], np.float32)).code
        assert code == engine.explorer.pattern.code
    engine.handle(Turn("x1", 0.9), 0)
    here = show.of(watcher.look(0))["here"]
    assert (here["x"], here["y"]) != (0.5, 0.5)


def test_the_coming_beat_is_apart_from_the_playing_one(
    engine: Engine, watcher: ViewReader, atlas: Atlas
) -> None:
    engine.sequencer.start()
    engine.sequencer.advance(50_000_000)
    engine.handle(Press("next_genre"), 0)
    engine.tick(50_000_000)
    engine.sequencer.advance(60_000_000)
    shown = ViewEncoder(atlas, 0).of(watcher.look(60_000_000))
    assert shown["comes"] == cells(engine.explorer.pattern.cycles[0])
    assert shown["beat"]["cells"] == cells(engine.sequencer.pattern.cycles[0])
    assert shown["beat"]["cells"] != shown["comes"]
    engine.sequencer.advance(3_000_000_000)
    assert ViewEncoder(atlas, 0).of(watcher.look(3_000_000_000))["comes"] is None


def test_a_playhead_that_goes_on_is_not_sent_again(engine: Engine, watcher: ViewReader) -> None:
    engine.sequencer.start()
    engine.sequencer.advance(100_000_000)
    first = watcher.look(100_000_000)
    engine.sequencer.advance(2_000_000_000)
    later = watcher.look(2_000_000_000)
    assert first == later
    assert first.run.goes_on_as(later.run)
    engine.set_bpm(121)
    engine.sequencer.advance(2_100_000_000)
    assert not first.run.goes_on_as(watcher.look(2_100_000_000).run)


def test_a_stopped_one_stands() -> None:
    run = Run(12, 0, 120, False, False, False)
    assert run.goes_on_as(Run(12, 10**12, 120, False, False, False))
    assert not run.goes_on_as(Run(0, 10**12, 120, False, False, False))
    assert not run.goes_on_as(Run(12, 0, 120, True, False, False))


states = st.fixed_dictionaries(
    {
        "values": st.fixed_dictionaries({"x1": st.floats(0, 1), "x2": st.sampled_from([0.0, 1.0])}),
        "faults": st.lists(st.text(), max_size=2),
        "comes": st.none() | st.lists(st.integers(), max_size=3),
    }
)


@given(st.lists(states, min_size=1, max_size=6), st.data())
def test_changes_put_together_are_the_state(
    history: list[dict[str, object]], data: st.DataObject
) -> None:
    """Whatever is sent together or apart, a page ends with what is."""
    page: dict[str, object] = {}
    waiting: dict[str, object] = {}
    before: Mapping[str, object] = {}
    for state in history:
        merge(waiting, changes(dict(before), state))
        before = state
        if data.draw(st.booleans()):
            merge(page, waiting)
            waiting = {}
    merge(page, waiting)
    assert page == history[-1]
