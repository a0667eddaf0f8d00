from itertools import pairwise
from pathlib import Path

import pytest

from drumatlas.box.gpio import Knobs, check_words, connect, find_gpio, lamps
from drumatlas.engine import TICK_NS, Engine
from drumatlas.errors import ControlError, PanelError
from drumatlas.explore.controls import Turn
from drumatlas.panel import gpio_board
from drumatlas.panel.fake_board import FakeBoard
from drumatlas.panel.gpio import GpioPanel
from drumatlas.panel.wiring import Wiring
from support.configured import configured

CONFIG = configured()


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> FakeBoard:
    """The machine is a Pi with this board."""
    board = FakeBoard()
    monkeypatch.setattr(gpio_board, "is_pi", lambda: True)
    monkeypatch.setattr(gpio_board, "open_board", lambda *_: board)
    return board


def opened(engine: Engine, board: FakeBoard, told: set[str]) -> GpioPanel:
    panel, lines = find_gpio(["auto"], CONFIG, engine, told)
    assert panel is not None
    assert lines == []
    board.converters["mcp0"].levels[:] = [0.5] * 8
    connect(panel, engine, None)
    return panel


def test_auto_takes_the_panel_of_a_pi_and_its_knobs_move_the_engine(
    engine: Engine, board: FakeBoard
) -> None:
    opened(engine, board, set())
    before = engine.explorer.pattern
    levels = board.converters["mcp0"].levels
    levels[0], levels[6] = 1.0, 0.0
    for tick in range(1, 30):
        engine.tick(tick * TICK_NS)
    assert engine.explorer.values["x1"] == 1.0
    assert engine.bpm == 40.0
    assert engine.explorer.pattern != before


def test_a_tempo_that_was_asked_for_is_not_overruled_by_where_a_knob_stands(
    engine: Engine, board: FakeBoard
) -> None:
    engine.set_bpm(99)
    opened(engine, board, {"tempo"})
    engine.tick(TICK_NS)
    assert engine.bpm == 99


def test_knobs_leave_a_restored_place_alone(engine: Engine, board: FakeBoard) -> None:
    engine.handle(Turn("x2", 0.9), 0)
    opened(engine, board, set())
    for tick in range(1, 30):
        engine.tick(tick * TICK_NS)
    assert engine.explorer.values["x2"] == 0.9


def test_faults_come_and_go_among_the_engines(engine: Engine, board: FakeBoard) -> None:
    opened(engine, board, set())
    engine.set_faults("other", "another's")
    board.converters["mcp0"].fails = True
    engine.tick(TICK_NS)
    assert engine.faults[0] == "another's"
    assert "mcp0" in engine.faults[1]
    board.converters["mcp0"].fails = False
    engine.tick(100 * TICK_NS)
    assert engine.faults == ["another's"]


def test_without_hardware_auto_plays_on_and_an_asked_for_panel_is_an_error(
    engine: Engine, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> FakeBoard:
        raise PanelError("SPI: is off")

    monkeypatch.setattr(gpio_board, "open_board", refused)
    assert find_gpio(["auto"], CONFIG, engine) == (None, ["no knobs: SPI: is off"])
    with pytest.raises(PanelError, match="--panel gpio: SPI: is off"):
        find_gpio(["gpio"], CONFIG, engine)
    assert find_gpio(["none"], CONFIG, engine) == (None, [])
    monkeypatch.setattr(gpio_board, "is_pi", lambda: False)
    assert find_gpio(["auto"], CONFIG, engine) == (None, [])


def test_a_board_of_which_a_part_is_missing_is_closed_again(
    engine: Engine, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(pin: int) -> None:
        raise PanelError(f"pin {pin}: busy")

    monkeypatch.setattr(board, "lamp", refused)
    with pytest.raises(PanelError, match="pin 5"):
        find_gpio(["gpio"], CONFIG, engine)
    assert board.is_closed


def test_lamps_show_beat_lock_and_filter(engine: Engine) -> None:
    assert lamps(engine, None, 0) == {
        "beat": False,
        "lock": False,
        "filter": engine.explorer.place.moved > 0,
    }
    engine.sequencer.start()
    engine.sequencer.advance(200_000_000)
    on = [lamps(engine, None, ms * 1_000_000)["beat"] for ms in range(1000, 3000)]
    assert 0.2 < sum(on) / len(on) < 0.3  # one step of four
    assert sum(a != b for a, b in pairwise(on)) in {7, 8, 9}  # four beats


class Boards:
    """A machine on which one board can be open at a time, and not with the wiring in `refused`."""

    def __init__(self) -> None:
        self.opened: list[FakeBoard] = []
        self.refused: list[Wiring] = []

    def open(self, wiring: Wiring, _prepare: object) -> FakeBoard:
        assert all(board.is_closed for board in self.opened)
        if wiring in self.refused:
            raise PanelError("GPIO pin 16: busy")
        self.opened.append(FakeBoard())
        return self.opened[-1]

    @property
    def levels(self) -> list[float]:
        """Of the board that was opened last."""
        return self.opened[-1].converters["mcp0"].levels


OTHER = configured({"gpio.x1": "mcp0:1", "gpio.x2": "mcp0:0", "gpio.play": "pin:16"})


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> Boards:
    boards = Boards()
    monkeypatch.setattr(gpio_board, "is_pi", lambda: True)
    monkeypatch.setattr(gpio_board, "open_board", boards.open)
    return boards


def knobs_of(engine: Engine) -> Knobs:
    knobs = Knobs(["auto"], CONFIG, engine)
    knobs.connect(None)
    return knobs


def test_a_new_wiring_is_read_and_nothing_jumps(engine: Engine, boards: Boards) -> None:
    knobs = knobs_of(engine)
    boards.levels[:] = [0.5, 0.8, *[0.5] * 6]
    engine.tick(TICK_NS)
    values = dict(engine.explorer.values)
    knobs.rewire(OTHER.wiring)
    assert engine.faults == []
    assert len(engine.panels) == 1
    boards.levels[:] = [0.5, 0.8, *[0.5] * 6]
    for tick in range(2, 30):
        engine.tick(tick * TICK_NS)
    assert engine.explorer.values == values  # though x1 and x2 are each other's now
    boards.levels[1] = 0.2
    for tick in range(30, 60):
        engine.tick(tick * TICK_NS)
    assert engine.explorer.values["x1"] == pytest.approx(0.2, abs=0.03)
    knobs.close()
    assert all(board.is_closed for board in boards.opened)


def test_the_same_wiring_is_left_alone(engine: Engine, boards: Boards) -> None:
    knobs = knobs_of(engine)
    knobs.rewire(configured({"play.gate": 1.0}).wiring)
    assert len(boards.opened) == 1


def test_a_wiring_that_can_not_be_had_leaves_the_one_before(engine: Engine, boards: Boards) -> None:
    knobs = knobs_of(engine)
    boards.refused = [OTHER.wiring]
    knobs.rewire(OTHER.wiring)
    stays = "wiring: GPIO pin 16: busy; the old wiring stays in use"
    assert engine.faults == [stays]
    boards.levels[:] = [0.5] * 8
    engine.tick(TICK_NS)
    boards.levels[0] = 1.0
    for tick in range(2, 30):
        engine.tick(tick * TICK_NS)
    assert engine.explorer.values["x1"] == 1.0
    knobs.rewire(CONFIG.wiring)
    assert engine.faults == []


def test_without_any_wiring_it_plays_and_the_next_try_may_do(
    engine: Engine, boards: Boards
) -> None:
    knobs = knobs_of(engine)
    boards.refused = [OTHER.wiring, CONFIG.wiring]
    knobs.rewire(OTHER.wiring)
    assert engine.panels == ()
    assert "playing without knobs, since the old wiring failed too" in engine.faults[0]
    boards.refused = [OTHER.wiring]
    knobs.rewire(OTHER.wiring)
    assert engine.faults[0].endswith("the old wiring stays in use")
    boards.refused = []
    knobs.rewire(OTHER.wiring)
    assert engine.faults == []
    assert len(engine.panels) == 1


def test_knobs_that_were_not_there_at_the_start_come_with_a_better_wiring(
    engine: Engine, boards: Boards
) -> None:
    boards.refused = [CONFIG.wiring]
    knobs = knobs_of(engine)
    assert knobs.lines == ["no knobs: GPIO pin 16: busy"]
    knobs.rewire(CONFIG.wiring)
    assert engine.faults == ["wiring: GPIO pin 16: busy; playing without knobs"]
    knobs.rewire(OTHER.wiring)
    assert engine.faults == []
    assert len(engine.panels) == 1


def test_a_panel_that_broke_is_opened_again(
    engine: Engine, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    knobs = knobs_of(engine)

    def breaks(_: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(engine.panels[0], "poll", breaks)
    engine.tick(TICK_NS)
    assert engine.faults == ["panel gpio: odd"]
    knobs.rewire(CONFIG.wiring)
    assert engine.faults == []
    assert len(engine.panels) == 1


def test_without_knobs_a_new_wiring_brings_none(engine: Engine, boards: Boards) -> None:
    Knobs(["none"], CONFIG, engine).rewire(OTHER.wiring)
    assert boards.opened == []


def test_a_wiring_is_tried_without_hardware(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "hands.jsonl"
    file.write_text('{"t": 0.1, "wire": "mcp0:1", "value": 1}')
    panel, lines = find_gpio([f"gpio:fake:{file}"], OTHER, engine)
    assert panel is not None
    assert len(lines) == 1
    assert lines[0].startswith("gpio:fake: ")
    assert "x1 mcp0:1" in lines[0]
    assert "play pin:16" in lines[0]
    connect(panel, engine, None)
    for tick in range(1, 40):
        engine.tick(tick * TICK_NS)
    values = engine.explorer.values
    assert (values["x1"], values["x2"]) == (1.0, 0.5)


def test_one_board_at_a_time_and_moves_have_a_file() -> None:
    check_words(["keys", "gpio:fake", "gpio:fake"])
    with pytest.raises(ControlError, match="choose one of gpio, gpio:fake:a"):
        check_words(["gpio:fake:a", "gpio"])
    with pytest.raises(ControlError, match="gpio:fake: needs a file"):
        check_words(["gpio:fake:"])


def test_a_new_wiring_that_a_move_does_not_fit_leaves_the_one_before(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "hands.jsonl"
    file.write_text('{"t": 0, "wire": "pin:17", "value": 1}')
    knobs = Knobs([f"gpio:fake:{file}"], CONFIG, engine)
    knobs.connect(None)
    knobs.rewire(OTHER.wiring)
    (fault,) = engine.faults
    assert fault.startswith(f"wiring: {file}, line 1: no input is wired to pin:17")
    assert fault.endswith("the old wiring stays in use")
    file.write_text("")
    knobs.rewire(OTHER.wiring)
    assert engine.faults == []
    assert len(engine.panels) == 1
    knobs.close()
