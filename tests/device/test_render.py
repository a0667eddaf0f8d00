from collections.abc import Callable

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import BUTTONS, VALUES, Change, Press, Turn
from drumatlas.explore.filters import BeatFilter
from drumatlas.panel.script import ScriptPanel
from drumatlas.play.events import CLOCK, Event
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from drumatlas.render import Cycles, bars_for, render, seconds_of


def everything() -> list[tuple[float, Change]]:
    """A minute in which every control is used."""
    turns: list[tuple[float, Change]] = [
        (i * 1.7, Turn(name, (i * 0.37) % 1)) for i, name in enumerate(VALUES)
    ]
    presses: list[tuple[float, Change]] = [
        (5 + i * 2.1, Press(name)) for i, name in enumerate(BUTTONS) if name not in {"play", "tap"}
    ]
    return sorted(turns + presses, key=lambda change: change[0])


def test_a_minute_of_everything_renders_twice_alike(
    atlas: Atlas, check_stream: Callable[..., object]
) -> None:
    def once() -> tuple[list[object], Cycles]:
        engine = Engine(atlas, PlaySettings(seed=4), [ScriptPanel(everything(), 0)], 0)
        cycles = Cycles()
        engine.sequencer.on_step = cycles.note
        return list(render(engine, 60)), cycles

    first, cycles = once()
    check_stream(first)
    assert once()[0] == first
    assert len(cycles.rows) > 5
    assert all(any(row.code) for row in cycles.rows)


@pytest.mark.parametrize("bpm", [60.0, 120.0, 133.7])
@pytest.mark.parametrize("bars", [1, 2, 8])
def test_bars_end_before_the_next_downbeat(atlas: Atlas, bpm: float, bars: int) -> None:
    engine = Engine(atlas, PlaySettings(bpm=bpm), [], 0)
    out = list(render(engine, seconds_of(bars, bpm)))
    clocks = sum(isinstance(o, Event) and o.data == CLOCK for o in out)
    assert clocks == bars * 96


def test_each_cycle_that_plays_unchanged_passes(atlas: Atlas) -> None:
    engine = Engine(atlas, PlaySettings(), [], 0)
    engine.explorer.go_to_genre(3)
    cycles = Cycles()
    engine.sequencer.on_step = cycles.note
    list(render(engine, 16))
    assert len(cycles.rows) == 4
    assert {row.code for row in cycles.rows} == {engine.explorer.pattern.code}
    assert BeatFilter(atlas.known).passes([row.code for row in cycles.rows]).all()


def test_looking_only_where_a_beat_may_come_in_changes_nothing(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    def played() -> list[object]:
        engine = Engine(atlas, PlaySettings(seed=4), [ScriptPanel(everything(), 0)], 0)
        return list(render(engine, 40))

    lazy = played()
    monkeypatch.setattr(Sequencer, "swaps_by", lambda *_: True)
    assert played() == lazy


def test_bars_for_is_the_least_even_number() -> None:
    assert bars_for(0.1, 120) == 2
    assert bars_for(4.0, 120) == 2
    assert bars_for(4.1, 120) == 4
