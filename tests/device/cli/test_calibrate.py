import tomllib
from itertools import count
from pathlib import Path

import pytest

from drumatlas.cli import main
from drumatlas.cli.calibrate import calibrate, write
from drumatlas.config.keys import defaults
from drumatlas.config.read import read_config
from drumatlas.errors import ConfigError, FileError
from drumatlas.panel import gpio_board
from drumatlas.panel.board import Converter
from drumatlas.panel.conditioning import Calibration
from drumatlas.panel.fake_board import FakeBoard
from drumatlas.panel.wiring import wiring_of

MOVED, RESTED = 40, 10  # readings of each input


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drumatlas.cli.calibrate._GRACE_S", 0.0)


class TurnedConverter:
    """Every channel goes up and down once, then rests at 0.5; channel 7 is not touched."""

    def __init__(self) -> None:
        self._turns = [count() for _ in range(8)]

    def read(self, channel: int) -> float:
        turn = next(self._turns[channel])
        if turn >= MOVED or channel == 7:
            return 0.5
        return 0.1 + 0.8 * (1 - abs(turn / MOVED * 2 - 1))

    def close(self) -> None:
        pass


class TurnedBoard(FakeBoard):
    def __init__(self) -> None:
        super().__init__()
        self._turned = TurnedConverter()

    def converter(self, chip: str) -> Converter:
        assert chip == "mcp0"
        return self._turned


def test_turned_knobs_are_measured_and_the_others_named() -> None:
    found, failed = calibrate(wiring_of(defaults()), TurnedBoard(), MOVED / 100, RESTED / 100)
    assert list(found) == ["x1", "x2", "x3", "x4", "map_x", "map_y", "tempo"]
    assert list(failed) == ["density"]
    assert found["map_x"].centre == 0.5
    assert found["x1"].low == pytest.approx(0.1, abs=0.05)
    assert found["x1"].high == pytest.approx(0.9, abs=0.05)


def test_the_command_writes_the_file_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    board = TurnedBoard()
    monkeypatch.setattr(gpio_board, "open_board", lambda _: board)
    monkeypatch.setattr("drumatlas.cli.calibrate._REST_S", RESTED / 100)
    path = tmp_path / "box.toml"
    text = '# my box\n[gpio]\ntempo = ""  # no pot\n\n[play]\nbpm = 99 # slow\n'
    path.write_text(text)
    # 1 s is the least: the converter has long come to rest by then
    assert main(["calibrate", "--config", str(path), "--seconds", "1"]) == 0
    assert board.is_closed
    out, err = capsys.readouterr()
    assert set(tomllib.loads(out)["calibration"]) == {"x1", "x2", "x3", "x4", "map_x", "map_y"}
    assert "density (mcp0:7) was not turned" in err
    assert path.read_text().startswith(text)
    assert str(read_config(path)["calibration.x1"]).startswith("low=0.1 ")


def test_a_second_time_takes_the_place_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text('[calibration]\n# the left one\nx1 = "low=0.3" # old\nx2 = "low=0.2"\n')
    found = {"x1": Calibration(low=0.25), "density.kick": Calibration()}
    path_text = path.read_text().replace("low=0.3", str(found["x1"]))
    pytest.importorskip("tomlkit")
    write(path, found)
    assert path.read_text().startswith(path_text)
    assert read_config(path)["calibration.density.kick"] == str(Calibration())


def test_nothing_is_written_that_would_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text("[play]\n")
    with pytest.raises(ConfigError):
        write(path, {"no_such_control": Calibration()})
    assert path.read_text() == "[play]\n"
    with pytest.raises(FileError):
        write(tmp_path / "missing.toml", {})
