"""The table of converters: a made-up row works everywhere without another line of code."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from drumatlas.config.example import example
from drumatlas.config.keys import defaults
from drumatlas.config.read import parse
from drumatlas.doctor import panel as doctor
from drumatlas.errors import ConfigError
from drumatlas.panel.calibrate import calibration_from
from drumatlas.panel.chip_kind import I2C, SPI, ChipKind, Slot
from drumatlas.panel.chips import CHIP_KINDS, chip_of, parts_on
from drumatlas.panel.conditioning import COUNT, Calibration
from drumatlas.panel.converters import Chip
from drumatlas.panel.fake_board import FakeBoard, FakeConverter
from drumatlas.panel.gpio import open_chips
from drumatlas.panel.gpio_board import GpioBoard
from drumatlas.panel.wiring import Wire, parse_wire
from support.configured import configured

MCP = {f"mcp0:{n}" for n in range(8)}
OPENED: list[Slot] = []


def open_made_up(slot: Slot) -> FakeConverter:
    OPENED.append(slot)
    return FakeConverter(slot.kind.channels)


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChipKind]:
    """Add a kind of converter with 12 channels and 8 bits on SPI, of which there can be one."""
    kind = ChipKind("XYZ99", 12, 8, SPI, (1,), True, open_made_up)
    monkeypatch.setitem(CHIP_KINDS, "xyz", kind)
    OPENED.clear()
    yield kind


def test_its_wires_are_parsed() -> None:
    assert parse_wire("xyz0:11") == Wire("xyz", (0, 11))
    assert parse_wire("xyz0:11").is_analog
    assert parse_wire("xyz0:11").chip == "xyz0"
    config = parse('[gpio]\nx1 = "xyz0:11"\nx2 = "xyz0:0"', "c")
    assert config.wiring.chips == ("xyz0", "mcp0")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[gpio]\nx1 = "xyz1:0"', r"line 2: gpio.x1.*only xyz0, channels 0\.\.11"),
        ('[gpio]\nx1 = "xyz0:12"', r"line 2: gpio.x1.*channels 0\.\.11"),
        ('[gpio]\nx1 = "abc0:1"', r"line 2: gpio.x1.*must be like .*xyz0:\d+"),
        ('[gpio]\nx1 = "pin:4"', "line 2: gpio.x1.*must be wired to .*xyz"),
        ('[gpio]\nplay = "xyz0:1"', "line 2: gpio.play.*must be wired to pin"),
        ('[gpio]\nx1 = "xyz00:1"', "line 2: gpio.x1.*must be like"),
        ('[gpio]\nx1 = "xyz0:3"\nx2 = "xyz0:3"', "line 3: gpio.x2.*channel 3 of xyz0 .* gpio.x1"),
        (
            '[gpio]\nx1 = "xyz0:3"\nx2 = "mcp1:3"',
            "line 3: gpio.x2.*chip select 1 of the SPI bus is taken by xyz0",
        ),
    ],
)
def test_its_errors_name_it(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^c.toml, {words}"):
        parse(text, "c.toml")


def test_its_bus_has_its_pins_to_itself() -> None:
    knobs = "".join(f'{key[5:]} = ""\n' for key, wire in defaults().items() if wire in MCP)
    with pytest.raises(ConfigError, match="pin 9 is taken by the SPI bus, which gpio.swing needs"):
        parse(f'[gpio]\n{knobs}swing = "xyz0:3"\nfill = "pin:9"', "c")


def test_chips_of_one_kind_and_on_different_buses_go_together() -> None:
    parse('[gpio]\nx1 = "mcp1:3"\nx2 = "ads0:3"\nx3 = "ads1:3"', "c")


def test_its_resolution_sets_what_counts_as_noise_and_as_a_spike(made_up: ChipKind) -> None:
    assert made_up.count == 1 / 255
    config = configured({"gpio.x1": "xyz0:0", "calibration.x2": "noise=0.02"})
    first, second, third, *_ = config.wiring.inputs
    assert first.calibration.noise == 9 / 255
    assert second.calibration.noise == 0.02
    assert third.calibration.noise == Calibration().noise == 9 * COUNT
    noises = calibration_from([0.0, 1.0], [0.5], Calibration(), False, first.count).noise, COUNT
    assert noises == (1 / 255, 1 / 1023)
    wire = FakeConverter()
    for name, reads in (("xyz0", 2), ("mcp0", 4)):
        chip, wire.levels[0], wire.reads = Chip(name, wire, [0]), 0.0, 0
        chip.read(0)
        wire.levels[0] = 9 / 255  # a step of nine of its counts is no spike, of a finer one it is
        chip.read(1)
        assert wire.reads == reads


def test_a_finer_converter_does_not_make_pots_and_wires_steadier() -> None:
    assert [chip_of(name)[0].count for name in ("mcp1", "ads3")] == [1 / 1023, 1 / 1023]


def test_a_short_way_is_still_valid_on_a_coarse_converter() -> None:
    config = parse('[gpio]\nx1 = "xyz0:0"\n[calibration]\nx1 = "low=0.4 high=0.5"', "c")
    assert config.wiring.inputs[0].calibration.noise == pytest.approx(0.025)


def test_boards_open_it(made_up: ChipKind) -> None:
    wiring = configured({"gpio.x1": "xyz0:2", "gpio.x2": "xyz0:9", "panel.i2c_bus": 3}).wiring
    converter = GpioBoard("the factory", wiring).converter("xyz0")
    assert isinstance(converter, FakeConverter)
    assert [(s.kind, s.place, s.channels, s.factory, s.i2c_bus) for s in OPENED] == [
        (made_up, 1, [2, 9], "the factory", 3)
    ]
    first = open_chips(wiring, FakeBoard())[0]
    assert (first.name, first.read(0)) == ("xyz0", {2: 0.0, 9: 0.0})


def test_doctor_tests_it_for_loose_wires_by_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PERIOD_S", 0.0)
    board, converter = FakeBoard(), FakeConverter(12)
    board.converters["xyz0"] = converter
    converter.levels[:3] = 0.0, 0.0, 1.0
    converter.floating.add(1)
    wiring = configured({f"gpio.x{n + 1}": f"xyz0:{n}" for n in range(3)}).wiring
    found = {finding.name: finding for finding in doctor.examine_board(wiring, board)}
    assert "x2 (xyz0:1) is probably not connected" in found["xyz0"].detail


def test_the_example_explains_it() -> None:
    comment = " ".join(re.findall(r"^# (.*)", example(), re.MULTILINE))
    for word, kind in CHIP_KINDS.items():
        assert re.search(rf"{word}0:\d+ \({kind.part}\)", comment)
    parse(example(), "example")


def test_each_bus_names_its_chips() -> None:
    assert {"ADS1115"} <= set(parts_on(I2C).split(" or "))
    assert {"MCP3008", "XYZ99"} <= set(parts_on(SPI).split(" or "))
    assert not {"ADS1115"} & set(parts_on(SPI).split(" or "))


def test_a_name_may_end_in_a_digit(made_up: ChipKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHIP_KINDS, "xyz9", made_up)
    wire = parse_wire("xyz90:11")
    assert wire == Wire("xyz9", (0, 11))
    assert chip_of(wire.chip) == (made_up, 0)
    assert chip_of("xyz0") == (made_up, 0)


@pytest.mark.parametrize("name", ["mcp2", "mcp", "0", "", "xyz1", "pin0", "mcp0:1", "mcp²"])
def test_an_unknown_converter_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown converter .*choose from mcp0, mcp1, .*xyz0"):
        chip_of(name)


def test_a_relative_of_the_mcp3008_needs_a_row_and_no_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The MCP3208 sends twelve bits, one clock earlier (Microchip DS21298, figure 6-1)."""
    mock: Any = pytest.importorskip("gpiozero.pins.mock")

    class MockMcp3208(mock.MockSPIDevice):  # type: ignore[misc]
        def on_bit(self) -> None:
            if len(self.rx_buf) == 10:  # five zeros, start, single-ended, three bits of channel
                assert self.rx_word() >> 3 == 0b11
                self.tx_word([0, 819, 4095, 0, 0, 0, 0, 1][self.rx_word() & 7], 14)

    kind = ChipKind("MCP3208", 8, 12, SPI, (0,), True, CHIP_KINDS["mcp"].open)
    monkeypatch.setitem(CHIP_KINDS, "mcq", kind)
    factory = mock.MockFactory()
    monkeypatch.setattr(importlib.import_module("gpiozero").Device, "pin_factory", factory)
    MockMcp3208(11, 10, 9, 8, pin_factory=factory)
    board = GpioBoard(factory, configured().wiring)
    converter = board.converter("mcq0")
    assert [converter.read(n) for n in (0, 1, 2, 7)] == [0, 0.2, 1, 1 / 4095]
    board.close()
    factory.reset()
