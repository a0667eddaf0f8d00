import random

import pytest

from drumatlas.config.keys import defaults
from drumatlas.explore.controls import DEFAULTS, Change, Press, Turn
from drumatlas.panel.fake_board import FakeBoard
from drumatlas.panel.gpio import GpioPanel
from drumatlas.panel.wiring import wiring_of

TICK_NS = 10_000_000
PLAY, TAP, SHIFT, PUSH = 17, 27, 22, 23
KNOBS = ["x1", "x2", "x3", "x4", "tempo", "density"]
REST = 0.5


class GpioRig:
    """A panel on a fake board, whose controls go where it turns them."""

    def __init__(self, waits: frozenset[str] = frozenset(), **settings: str) -> None:
        config = {**defaults(), **{k.replace("__", "."): v for k, v in settings.items()}}
        self.board = FakeBoard()
        self.panel = GpioPanel(wiring_of(config), self.board, waits)
        self.values = dict(DEFAULTS)
        self.panel.values = lambda: self.values
        self.now_ns = 0
        self.levels = self.board.converters["mcp0"].levels
        self.levels[:] = [REST] * 8

    def poll(self, ticks: int = 1) -> list[Change]:
        changes = []
        for _ in range(ticks):
            self.now_ns += TICK_NS
            for change in self.panel.poll(self.now_ns):
                if isinstance(change, Turn):
                    self.values[change.control] = change.value
                changes.append(change)
        return changes

    def turn(self, channel: int, level: float) -> list[Change]:
        """Turn a knob and leave it there for a second."""
        self.levels[channel] = level
        return self.poll(100)

    def push(self, pin: int, is_down: bool) -> list[Change]:
        self.board.contacts[pin].set(is_down, self.now_ns)
        return self.poll(4)


def test_at_the_start_the_knobs_say_where_the_controls_are_and_the_stick_says_nothing() -> None:
    rig = GpioRig()
    rig.levels[0] = 0.25
    changes = rig.poll()
    assert [change.control for change in changes if isinstance(change, Turn)] == KNOBS
    assert rig.values["x1"] == pytest.approx(0.25, abs=0.03)
    assert rig.poll(100) == []


def test_a_restored_box_keeps_its_values_until_a_knob_comes_by() -> None:
    rig = GpioRig(frozenset(DEFAULTS))
    rig.values["x1"] = 0.7
    rig.turn(0, 0.2)
    assert rig.values["x1"] == 0.7
    rig.turn(0, 0.6)
    assert rig.values["x1"] == 0.7
    rig.turn(0, 0.8)
    assert rig.values["x1"] == pytest.approx(0.8, abs=0.03)


def test_after_a_recall_a_knob_is_fetched_where_the_control_is() -> None:
    rig = GpioRig()
    rig.poll(10)
    rig.values["x2"] = 0.9
    assert rig.turn(1, 0.6) == []
    rig.turn(1, 1.0)
    assert rig.values["x2"] == 1.0


def test_each_knob_turns_its_control_within_20_ms() -> None:
    for channel, control in enumerate(["x1", "x2", "x3", "x4", "map_x", "map_y", "tempo"]):
        rig = GpioRig()
        rig.poll(50)
        rig.levels[channel] = 1.0
        first = rig.poll(2)
        assert {change.control for change in first if isinstance(change, Turn)} == {control}
        rig.poll(100)
        assert rig.values[control] == 1.0


def test_a_stick_comes_back_to_its_middle() -> None:
    rig = GpioRig()
    rig.poll(10)
    rig.turn(4, 0.0)
    assert rig.values["map_x"] == 0.0
    rig.turn(4, 0.51)
    rig.poll(100)
    assert rig.values["map_x"] == 0.5


def test_noise_on_every_knob_changes_nothing() -> None:
    rig, rng = GpioRig(), random.Random(1)
    rig.poll(10)
    for _ in range(3000):
        rig.levels[:] = [(round(511 + rng.uniform(-4, 4))) / 1023 for _ in range(8)]
        assert rig.poll() == []


def test_buttons_press_once() -> None:
    rig = GpioRig()
    rig.poll(10)
    assert rig.push(PLAY, True) == [Press("play")]
    assert rig.poll(100) == []
    assert rig.push(PLAY, False) == []
    assert rig.push(TAP, True) == [Press("tap")]
    assert rig.push(PUSH, True) == [Press("next_genre")]


def test_a_tap_between_two_looks_is_not_missed() -> None:
    rig = GpioRig()
    rig.poll(10)
    contact = rig.board.contacts[TAP]
    contact.set(True, rig.now_ns + 1_000_000)
    contact.set(False, rig.now_ns + 4_000_000)
    assert rig.poll(10) == [Press("tap")]
    assert rig.push(TAP, True) == [Press("tap")]


def test_shift_gives_knobs_and_buttons_a_second_control_and_nothing_jumps() -> None:
    rig = GpioRig()
    rig.poll(10)
    before = dict(rig.values)
    assert rig.push(SHIFT, True) == []
    assert rig.push(PUSH, True) == [Press("prev_genre")]
    rig.turn(0, 0.2)
    assert rig.values == before  # swing is 0: the knob has not come by
    rig.turn(0, 0.0)
    rig.turn(0, 0.3)
    assert rig.values["swing"] == pytest.approx(0.3, abs=0.03)
    assert rig.values["x1"] == before["x1"]
    assert rig.push(SHIFT, False) == []
    assert rig.turn(0, 0.32) == []  # x1 is still at 0.5
    rig.turn(0, 0.6)
    assert rig.values["x1"] == pytest.approx(0.6, abs=0.03)


def test_an_encoder_with_two_detents_per_cycle_turns_one_step_each() -> None:
    rig = GpioRig(gpio__chaos="enc:5,12:2", lamps__beat="")
    rig.poll()
    rig.values["chaos"] = 0.5
    for way in ((True, True), (False, False)):
        rig.board.encoders[5, 12].move(True, False)
        rig.board.encoders[5, 12].move(*way)
    assert rig.poll() == []  # there and back
    rig.board.encoders[5, 12].move(True, False)
    rig.board.encoders[5, 12].move(True, True)
    assert rig.poll() == [Turn("chaos", 0.5 + 1 / 64)]


def test_encoders_turn_from_where_the_control_stands() -> None:
    rig = GpioRig(gpio__chaos="enc:5,12", lamps__beat="")
    rig.poll(10)
    rig.values["chaos"] = 0.5
    rig.board.encoders[5, 12].steps = 3
    assert rig.poll() == [Turn("chaos", 0.5 + 3 / 64)]
    rig.board.encoders[5, 12].steps = -100
    assert rig.poll() == [Turn("chaos", 0.0)]


def test_a_converter_that_fails_is_shown_and_survived() -> None:
    rig = GpioRig(gpio__swing="mcp1:0")
    told: list[list[str]] = []
    rig.panel.on_faults = told.append
    rig.board.converters["mcp1"].levels[0] = 0.5
    rig.poll(10)
    before = dict(rig.values)
    rig.board.converters["mcp0"].fails = True
    assert rig.poll(100) == []
    assert rig.board.converters["mcp0"].reads < 8 * 10 + 6  # four readings a second, not 800
    assert rig.values == before
    assert told[-1] == rig.panel.faults
    assert rig.panel.faults[0].startswith("converter mcp0: Input/output error")
    rig.board.converters["mcp1"].levels[0] = 0.9
    assert rig.push(PLAY, True)[0] == Press("play")
    rig.poll(100)
    assert rig.values["swing"] == pytest.approx(0.9, abs=0.03)
    rig.board.converters["mcp0"].fails = False
    rig.levels[2] = 1.0
    rig.poll(60)
    assert rig.values["x3"] == 1.0
    assert rig.panel.faults == told[-1] == []


def test_lamps_are_switched_when_they_change() -> None:
    rig = GpioRig()
    rig.panel.shows = lambda now_ns: {"beat": now_ns // TICK_NS % 4 < 2, "lock": True}
    rig.poll(40)
    lamps = rig.board.lamps
    assert lamps[5].switched == 20 + 1
    assert (lamps[6].is_on, lamps[6].switched) == (True, 1)
    assert not lamps[13].is_on
    rig.panel.close()
    assert rig.board.is_closed
