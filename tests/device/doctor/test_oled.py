from pathlib import Path

import pytest

from drumatlas.config.keys import defaults
from drumatlas.doctor import oled
from drumatlas.doctor.oled import examine_oled


def test_without_a_display_there_is_no_finding() -> None:
    assert examine_oled(defaults()) == []


@pytest.mark.parametrize(
    ("there", "is_open", "words"),
    [(False, True, "I2C is off"), (True, False, "no permission for"), (True, True, "ssd1306 at")],
)
def test_the_bus_of_the_display_must_be_there_and_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, is_open: bool, words: str
) -> None:
    monkeypatch.setattr(oled, "find_spec", lambda name: name)
    monkeypatch.setattr("os.access", lambda _path, _mode: is_open)
    if there:
        (tmp_path / "i2c-1").touch()
    (finding,) = examine_oled({**defaults(), "oled.chip": "ssd1306"}, tmp_path)
    assert words in finding.detail
    assert finding.state == ("ok" if there and is_open else "warn")
    assert bool(finding.advice) is (finding.state == "warn")


@pytest.mark.parametrize(("chip", "missing"), [("sh1106", "luma"), ("png:a.png", "PIL")])
def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, chip: str, missing: str
) -> None:
    monkeypatch.setattr(oled, "find_spec", lambda name: None if name == missing else name)
    (finding,) = examine_oled({**defaults(), "oled.chip": chip})
    assert finding.state == "warn"
    assert "drumatlas[oled]" in finding.advice


def test_a_file_needs_no_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oled, "find_spec", lambda name: None if name == "luma" else name)
    (finding,) = examine_oled({**defaults(), "oled.chip": "png:a.png"})
    assert (finding.state, finding.detail) == ("ok", "draws into the file a.png")
