"""Every control and button of the contract does the same on every panel.

Each way plays the part of a hand on its own panel, up to the changes that the engine is handed.
"""

import curses
import json
from collections.abc import Callable, Mapping
from unittest.mock import patch

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.config.keys import defaults
from drumatlas.engine import TICK_NS, Engine, Panel
from drumatlas.explore.controls import BUTTONS, DEFAULTS, VALUES, Press, bpm_of
from drumatlas.panel.conditioning import Calibration
from drumatlas.panel.fake_board import FakeBoard
from drumatlas.panel.gpio import GpioPanel
from drumatlas.panel.keys import PRESSES, TURNS, KeysPanel
from drumatlas.panel.midi_cc import MidiPanel
from drumatlas.panel.midi_map import DEFAULT_CC, MidiMap
from drumatlas.panel.script import ScriptPanel, parse_script
from drumatlas.panel.wiring import STICK
from drumatlas.play.settings import PlaySettings
from support.configured import configured

GOAL = 0.75
NEAR = 1 / 64  # a key's nudge; a controller has 1/127
KEY_OF_BUTTON = {button: key for key, button in PRESSES.items()}
KEY_OF_VALUE = {name: key for key, (name, way) in TURNS.items() if way > 0}


class Hand:
    """A panel, and the way its user moves a control to GOAL or presses a button."""

    panel: Panel

    def turn(self, name: str) -> None: ...

    def press(self, name: str) -> None: ...


class Controller(Hand):
    def __init__(self, engine: Engine, _name: str) -> None:
        self.midi = MidiPanel(engine, MidiMap())
        self.panel = self.midi

    def turn(self, name: str) -> None:
        self.midi.receive(bytes((0xB0, DEFAULT_CC[name], round(GOAL * 127))), 0)

    def press(self, name: str) -> None:
        for value in (127, 0):
            self.midi.receive(bytes((0xB0, DEFAULT_CC[name], value)), 0)


class Script(Hand):
    def __init__(self, engine: Engine, _name: str) -> None:
        self._engine = engine

    def _line(self, line: Mapping[str, object]) -> None:
        self.panel = ScriptPanel(parse_script(json.dumps({"t": 0, **line}), "s"), 0)

    def turn(self, name: str) -> None:
        self._line({"control": name, "value": GOAL})

    def press(self, name: str) -> None:
        self._line({"press": name})


class TerminalKeys(Hand):
    """The keys, without a terminal."""

    def __init__(self, engine: Engine, _name: str) -> None:
        self._struck: list[str] = []
        self._engine = engine
        calls = ("noecho", "cbreak", "set_escdelay", "has_colors", "curs_set")
        nothing = dict.fromkeys(calls, lambda *_: False)
        with patch.multiple(curses, initscr=lambda: self, **nothing):
            keys = KeysPanel([])
        keys.values = lambda: engine.explorer.values
        self.panel = keys

    def keypad(self, _is_on: bool) -> None: ...

    def nodelay(self, _is_on: bool) -> None: ...

    def getkey(self) -> str:
        if not self._struck:
            raise curses.error
        return self._struck.pop(0)

    def turn(self, name: str) -> None:
        if name == "tempo":
            self._struck = ["+"] * round(bpm_of(GOAL) - self._engine.bpm)
        else:
            self._struck = [KEY_OF_VALUE[name]] * round((GOAL - DEFAULTS[name]) * 64)

    def press(self, name: str) -> None:
        self._struck = [KEY_OF_BUTTON[name]]


class Wires(Hand):
    """A pot or a button, alone on its board."""

    def __init__(self, engine: Engine, name: str) -> None:
        config = {
            key: "" if key.startswith(("gpio.", "shift.")) else value
            for key, value in defaults().items()
        }
        config[f"gpio.{name}"] = "mcp0:0" if name in VALUES else "pin:17"
        config["panel.curve"] = 1.0  # a stick's response is its own
        self._board = FakeBoard()
        gpio = GpioPanel(configured(config).wiring, self._board)
        gpio.values = lambda: engine.explorer.values
        self.panel = gpio
        if name in VALUES:
            self._board.converters["mcp0"].levels[0] = DEFAULTS[name]
        for tick in range(10):
            for change in gpio.poll(tick * TICK_NS):
                engine.handle(change, 0)

    def turn(self, name: str) -> None:
        level = GOAL
        if name in STICK:  # whose rest in the middle has a width
            levels = (step / 1000 for step in range(1001))
            level = next(one for one in levels if Calibration().stick(one, 1.0) >= GOAL)
        self._board.converters["mcp0"].levels[0] = level

    def press(self, _name: str) -> None:
        self._board.contacts[17].set(True, 10 * TICK_NS)


HANDS: dict[str, Callable[[Engine, str], Hand]] = {
    "controller": Controller,
    "script": Script,
    "keys": TerminalKeys,
    "gpio": Wires,
}


def prepared(atlas: Atlas) -> Engine:
    """An engine in which each button has something to do."""
    engine = Engine(atlas, PlaySettings(), [], 0)
    for name in ("next_genre", "save_a", "save_b", "next_genre", "save_c", "save_d", "prev_genre"):
        engine.handle(Press(name), 0)
    for name in DEFAULTS:
        engine.explorer.values[name] = DEFAULTS[name]
    return engine


def signature(engine: Engine) -> tuple[object, ...]:
    """Everything that a button may change."""
    explorer = engine.explorer
    return (
        explorer.knobs.tolist(), explorer.novelty, explorer.frozen, explorer.is_wandering,
        explorer.fill, dict(explorer.snapshots), explorer.pattern.code, engine.bpm,
        len(engine.sequencer._commands),
    )  # fmt: skip


def play_on(engine: Engine, hand: Hand) -> None:
    """Two seconds of the slow loop: filters settle."""
    for tick in range(10, 210):
        for change in hand.panel.poll(tick * TICK_NS):
            engine.handle(change, tick * TICK_NS)


@pytest.mark.parametrize("way", HANDS)
@pytest.mark.parametrize("name", VALUES)
def test_every_value_goes_where_it_is_turned(atlas: Atlas, way: str, name: str) -> None:
    engine = prepared(atlas)
    hand = HANDS[way](engine, name)
    before = dict(engine.explorer.values)
    hand.turn(name)
    play_on(engine, hand)
    after = engine.explorer.values
    assert after[name] == pytest.approx(GOAL, abs=NEAR)
    if name == "tempo":
        assert engine.bpm == pytest.approx(bpm_of(GOAL), abs=200 * NEAR)
    elif name in {"swing", "humanize"}:
        engine.sequencer.advance(1)
        assert getattr(engine.sequencer._s.feel, name) == after[name]
    moves = name.startswith(("map", "morph"))  # which turns the knobs of the place
    where = {"x1", "x2", "x3", "x4"} if moves else set[str]()
    others = set(VALUES) - {name} - where
    assert {one: after[one] for one in others} == {one: before[one] for one in others}


@pytest.mark.parametrize("way", HANDS)
@pytest.mark.parametrize("name", BUTTONS)
def test_every_button_has_its_effect(atlas: Atlas, way: str, name: str) -> None:
    plain, engine = prepared(atlas), prepared(atlas)
    heard: list[object] = []
    hand = HANDS[way](engine, name)
    engine.listeners.append(heard.append)
    plain.handle(Press(name), 0)
    hand.press(name)
    play_on(engine, hand)
    assert heard == [Press(name)]
    assert signature(engine) == signature(plain)


def test_no_name_is_missing() -> None:
    assert len({*VALUES, *BUTTONS}) == len(VALUES) + len(BUTTONS)
    assert set(KEY_OF_BUTTON) == set(BUTTONS)
    assert set(KEY_OF_VALUE) == set(VALUES)
