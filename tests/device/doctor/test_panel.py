import random

import pytest

from drumatlas.config.keys import defaults
from drumatlas.doctor import panel
from drumatlas.doctor.finding import Finding
from drumatlas.doctor.panel import examine_board, examine_panel
from drumatlas.errors import PanelError
from drumatlas.panel.board import Contact
from drumatlas.panel.fake_board import FakeBoard, FakeConverter
from drumatlas.panel.wiring import wiring_of

WIRING = wiring_of(defaults())


class Floating(FakeConverter):
    """Channel 2 is connected to nothing."""

    def read(self, channel: int) -> float:
        return random.random() if channel == 2 else super().read(channel)


def board_with(converter: FakeConverter) -> FakeBoard:
    board = FakeBoard()
    board.converters["mcp0"] = converter
    converter.levels[:] = [0.1 * n for n in range(8)]
    return board


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "_PERIOD_S", 0.0)


def findings(board: FakeBoard) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_board(WIRING, board)}


def test_a_good_board_is_ok() -> None:
    found = findings(board_with(FakeConverter()))
    assert {finding.state for finding in found.values()} == {"ok"}
    assert "x2 (mcp0:1) 0.10" in found["mcp0"].detail


def test_a_floating_input_is_named() -> None:
    finding = findings(board_with(Floating()))["mcp0"]
    assert finding.state == "warn"
    assert "x3 (mcp0:2) is noisy or floating" in finding.detail
    assert "x2" not in finding.detail


def test_a_missing_converter_is_a_warning() -> None:
    board = board_with(FakeConverter())
    board.converters["mcp0"].levels[:] = [0.0] * 8
    assert "is it powered" in findings(board)["mcp0"].detail
    board.converters["mcp0"].fails = True
    assert "Input/output error" in findings(board)["mcp0"].detail


def test_a_stuck_button_is_a_warning() -> None:
    board = board_with(FakeConverter())
    board.contact(27)
    board.contacts[27].is_down = True
    assert findings(board)["pins"].detail == "held down: tap (pin 27)"


def test_a_pin_in_use_is_a_warning() -> None:
    class Taken(FakeBoard):
        def contact(self, pin: int) -> Contact:
            raise PanelError(f"GPIO pin {pin}: busy; by whom?", "free it; or wait")

    found = examine_board(WIRING, Taken())
    assert (found[0].state, found[0].detail, found[0].advice) == (
        *("warn", "GPIO pin 17: busy; by whom?"),
        "free it; or wait",
    )


def test_nothing_is_said_where_there_is_no_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> FakeBoard:
        raise PanelError("GPIO: there is no /dev/gpiochip0", "this machine has no lines")

    monkeypatch.setattr(panel, "is_pi", lambda: False)
    monkeypatch.setattr(panel, "open_board", refused)
    assert examine_panel(defaults()) == []
    own = {**defaults(), "gpio.x1": "ads0:0"}
    assert [f.state for f in examine_panel(own)] == ["warn"]
    monkeypatch.setattr(panel, "is_pi", lambda: True)
    assert examine_panel(defaults())[0].detail == "GPIO: there is no /dev/gpiochip0"


def test_the_board_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    board = board_with(FakeConverter())
    monkeypatch.setattr(panel, "is_pi", lambda: True)
    monkeypatch.setattr(panel, "open_board", lambda _: board)
    assert len(examine_panel(defaults())) == 2
    assert board.is_closed


@pytest.mark.parametrize("keeps", [1.0, 0.3, 0.1])
def test_a_steady_input_that_hangs_in_the_air_is_named(keeps: float) -> None:
    converter = FakeConverter()
    board = board_with(converter)
    converter.levels[2] = keeps * converter.levels[1]  # where the rounds leave it
    converter.floating.add(2)
    converter.keeps = keeps
    finding = findings(board)["mcp0"]
    assert finding.state == "warn"
    assert finding.detail.startswith("x3 (mcp0:2) is probably not connected")
    assert finding.detail.count("(mcp0:") == 1
    assert "check the wire of its wiper" in finding.detail


def test_inputs_that_are_held_are_not_accused_however_they_stand() -> None:
    converter = FakeConverter()
    board, chance = board_with(converter), random.Random(1)
    for _ in range(50):
        converter.levels[:] = [chance.choice([0.0, 1.0, chance.random()]) for _ in range(8)]
        assert findings(board)["mcp0"].state == "ok"


def test_noise_of_a_pot_is_no_charge() -> None:
    class Noisy(FakeConverter):
        def read(self, channel: int) -> float:
            return super().read(channel) + random.uniform(-4, 4) / 1023

    board = board_with(Noisy())
    assert {findings(board)["mcp0"].state for _ in range(20)} == {"ok"}


def test_an_input_that_can_not_be_tested_for_a_loose_wire_is_not_called_ok() -> None:
    converter = FakeConverter()
    board = board_with(converter)
    converter.levels[:] = [0.5] * 8
    converter.floating.add(2)
    finding = findings(board)["mcp0"]
    assert finding.state == "ok"
    assert "x3 (mcp0:2)" in finding.advice
    assert "not tested for a loose wire: turn one other knob" in finding.advice
    converter.levels[7] = 1.0
    assert "x3 (mcp0:2) is probably not connected" in findings(board)["mcp0"].detail
    converter.floating.clear()
    finding = findings(board)["mcp0"]
    assert finding.advice.startswith("density (mcp0:7) not tested")  # all others are alike


def test_an_ads1115_keeps_no_charge_to_test_with() -> None:
    wiring = wiring_of({**defaults(), **{f"gpio.x{n + 1}": f"ads0:{n}" for n in range(4)}})
    board = board_with(FakeConverter())
    board.converters["ads0"] = FakeConverter(4)
    board.converters["ads0"].levels[:] = [0.0, 0.2, 0.2, 1.0]
    board.converters["ads0"].floating.add(2)
    found = {finding.name: finding for finding in examine_board(wiring, board)}
    assert (found["ads0"].state, found["ads0"].advice) == ("ok", "")


def test_a_converter_that_fails_during_the_test_is_a_warning() -> None:
    class Loose(FakeConverter):
        def read(self, channel: int) -> float:
            self.fails = self.reads >= 8 * panel._SAMPLES + 20
            return super().read(channel)

    finding = findings(board_with(Loose()))["mcp0"]
    assert (finding.state, finding.detail) == ("warn", "fails at times: Input/output error")
