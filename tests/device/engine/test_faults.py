"""Faults and notices of the engine: their sources, how long they stay; the beat goes on."""

from itertools import count
from typing import Any

import pytest

from drumatlas.engine import Engine, Fault
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.search import Place, Places
from drumatlas.play.events import START, Event
from support.fake_panel import FakePanel

MS = 1_000_000


def test_a_panel_that_breaks_is_shown_and_the_beat_goes_on(
    engine: Engine, panel: FakePanel
) -> None:
    engine.handle(Press("play"), 0)
    panel.fault = "wire off"
    engine.tick(10 * MS)
    engine.tick(20 * MS)
    assert engine.faults == ["panel fake: wire off"]
    assert START in [
        one.data for one in engine.sequencer.advance(30 * MS) if isinstance(one, Event)
    ]


def test_a_decoder_that_fails_leaves_the_last_beat_playing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = engine.explorer.pattern

    def broken(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Places, "at", broken)
    engine.panels[0].changes = [Turn("x1", 0.9), Press("play")]  # type: ignore[attr-defined]
    engine.tick(0)
    assert engine.faults == ["explorer: RuntimeError: out of memory"]
    assert START in [
        one.data for one in engine.sequencer.advance(30 * MS) if isinstance(one, Event)
    ]
    assert engine.sequencer.pattern is before


def test_a_fault_of_the_explorer_is_over_once_it_finds_another_place(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = Places.at

    def broken(*_: object) -> None:
        raise MemoryError("no room")

    def turn(value: float) -> None:
        engine.panels[0].changes = [Turn("x1", value)]  # type: ignore[attr-defined]
        engine.tick(0)

    monkeypatch.setattr(Places, "at", broken)
    turn(0.9)
    engine.tick(0)  # nothing to be found: it is where it was
    assert engine.faults == ["explorer: MemoryError: no room"]
    monkeypatch.setattr(Places, "at", works)
    engine.tick(0)
    assert engine.faults == ["explorer: MemoryError: no room"]
    turn(0.8)
    assert engine.faults == []


def test_a_fault_is_shown_though_another_place_is_found_in_the_same_tick(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, calls = Places.at, count()

    def broken_once(*where: Any) -> Place:
        if next(calls) == 0:
            raise MemoryError("no room")
        return works(*where)

    monkeypatch.setattr(Places, "at", broken_once)
    engine.panels[0].changes = [Press("fill"), Turn("x1", 0.9)]  # type: ignore[attr-defined]
    engine.tick(0)
    assert next(calls) > 1, "no other place was looked for"
    assert engine.faults == ["explorer: MemoryError: no room"]


def test_an_attempt_that_fails_is_shown_until_one_of_its_source_succeeds(engine: Engine) -> None:
    def broken() -> None:
        raise OSError("wire off")

    engine.set_faults("other", "another's")
    assert not engine.attempt("pads", broken)
    assert engine.faults == ["another's", "pads: OSError: wire off"]
    assert not engine.attempt("pads", broken, "the pads")
    assert engine.faults == ["another's", "the pads: OSError: wire off"]
    assert engine.attempt("pads", list, clears=False)
    assert len(engine.faults) == 2
    assert engine.attempt("pads", list)
    assert engine.faults == ["another's"]


def test_faults_know_their_sources_whatever_they_say(engine: Engine) -> None:
    engine.set_faults("ports", "TR-8S: unplugged", "Keys: unplugged")
    engine.set_faults("config", "ports: no such key")
    assert engine.fault_records == [
        Fault("ports", "TR-8S: unplugged"),
        Fault("ports", "Keys: unplugged"),
        Fault("config", "ports: no such key"),
    ]
    engine.set_faults("ports")
    assert engine.faults == ["ports: no such key"]


def test_a_notice_stays_until_its_source_replaces_it(engine: Engine) -> None:
    engine.set_notice("keep", "kept\na.mid")
    engine.set_notice("learn", "learning")
    engine.set_notice("keep", "kept b.mid")
    assert engine.notices == {"keep": "kept b.mid", "learn": "learning"}
    engine.set_notice("keep")
    engine.set_notice("keep")
    assert engine.notices == {"learn": "learning"}
    engine.set_notice("learn", "two\nlines")
    assert engine.notices == {"learn": "two lines"}


def test_a_fault_is_a_line_that_can_be_shown_anywhere(engine: Engine) -> None:
    engine.set_faults("board", "no\nboard\x1b[2J", "", "\n")
    assert engine.faults == ["no board\\x1b[2J"]
