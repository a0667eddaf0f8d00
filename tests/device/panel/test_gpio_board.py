"""The real board on gpiozero's mock pins: the real library without hardware."""

import importlib
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drumatlas.config.keys import defaults
from drumatlas.errors import PanelError
from drumatlas.explore.controls import Press, Turn
from drumatlas.panel import gpio_board, open_device
from drumatlas.panel.gpio import GpioPanel
from drumatlas.panel.gpio_board import GpioBoard, is_pi, open_board
from drumatlas.panel.wiring import Wiring, wiring_of

mock = pytest.importorskip("gpiozero.pins.mock")  # make test installs it

TICK_NS = 10_000_000


class MockMcp3008(mock.MockSPIDevice):  # type: ignore[misc, name-defined]
    """Answers as the data sheet says (Microchip DS21295, figure 6-1)."""

    def __init__(self, select: int, factory: Any) -> None:
        self.counts = [0] * 8
        super().__init__(11, 10, 9, select, pin_factory=factory)

    def on_bit(self) -> None:
        if len(self.rx_buf) == 12:  # seven zeros, start, single-ended, three bits of channel
            assert self.rx_word() >> 3 == 0b11
            self.tx_word(self.counts[self.rx_word() & 7], 12)


def wiring(**settings: str) -> Wiring:
    return wiring_of({**defaults(), **{k.replace("__", "."): v for k, v in settings.items()}})


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    factory = mock.MockFactory()
    # gpiozero's own software bus, which plays the wires here, asks for the default
    monkeypatch.setattr(importlib.import_module("gpiozero").Device, "pin_factory", factory)
    yield factory
    factory.reset()


def test_buttons_lamps_and_encoders_use_their_pins(factory: Any) -> None:
    panel_wiring = wiring(
        **{f"gpio__{c}": "" for c in ("x2", "x3", "x4", "map_x", "map_y", "tempo", "density")},
        gpio__x1="enc:20,21",
    )
    panel = GpioPanel(panel_wiring, GpioBoard(factory, panel_wiring))
    panel.lamp_states = lambda _: {"beat": True}
    assert panel.poll(TICK_NS) == []
    assert factory.pin(5).state == 1
    assert factory.pin(13).state == 0
    factory.pin(17).drive_low()
    assert panel.poll(2 * TICK_NS) == [Press("play")]
    factory.pin(17).drive_high()
    for pin, drive in ((20, "low"), (21, "low"), (20, "high"), (21, "high")):
        getattr(factory.pin(pin), f"drive_{drive}")()
    assert panel.poll(20 * TICK_NS) in ([Turn("x1", 0.5 + 1 / 64)], [Turn("x1", 0.5 - 1 / 64)])
    panel.close()


@pytest.mark.parametrize("detents", [1, 2, 4])
def test_each_detent_is_one_step(factory: Any, detents: int) -> None:
    panel_wiring = wiring(gpio__x1=f"enc:20,21:{detents}")
    board = GpioBoard(factory, panel_wiring)
    encoder = board.encoder(20, 21, detents)
    pins, place = (factory.pin(20), factory.pin(21)), 0
    for way in (1, 1, -1, -1, -1, 1):
        for _ in range(4 // detents):
            place += way
            closed = ((0, 0), (1, 0), (1, 1), (0, 1))[place % 4]
            for pin, is_closed in zip(pins, closed, strict=True):
                (pin.drive_low if is_closed else pin.drive_high)()
        assert encoder.pop_steps() == way
        assert encoder.pop_steps() == 0


class FakeSMBus:
    """A bus on which each conversion is finished and gives the same reading."""

    def __init__(self, number: int) -> None:
        assert number == 1

    def read_word_data(self, _address: int, _register: int) -> int:
        return 0x0080  # bit 15 is set: bytes are swapped

    def write_word_data(self, address: int, _register: int, _value: int) -> None:
        assert address == 0x48

    def close(self) -> None: ...


def test_the_thread_of_a_slow_converter_is_prepared(
    factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    smbus2 = types.ModuleType("smbus2")
    smbus2.SMBus = FakeSMBus  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "smbus2", smbus2)
    prepared: list[bool] = []
    board = GpioBoard(factory, wiring(), prepare=lambda: prepared.append(True))
    board.converter("ads0")
    board.close()
    assert prepared == [True]


def test_without_smbus2_the_package_is_named(factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(PanelError, match=r"smbus2 does not load.*; pip install"):
        GpioBoard(factory, wiring()).converter("ads0")


def test_two_converters_share_a_bus(factory: Any) -> None:
    chips = [MockMcp3008(8, factory), MockMcp3008(7, factory)]
    panel_wiring = wiring(gpio__swing="mcp1:3")
    board = GpioBoard(factory, panel_wiring)
    first, second = board.converter("mcp0"), board.converter("mcp1")
    chips[0].counts[:] = range(0, 1024, 128)
    chips[1].counts[3] = 1023
    assert [first.read(channel) for channel in range(8)] == [n * 128 / 1023 for n in range(8)]
    assert second.read(3) == 1.0
    board.close()


def test_software_spi_is_refused(factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(shared: bool, hardware: bool) -> Any:
        if hardware:
            raise OSError("no spidev")
        return mock.MockSPIInterfaceShared

    monkeypatch.setattr(factory, "_get_spi_class", fails)
    with pytest.raises(PanelError, match=r"spidev0.0; SPI is off: sudo raspi-config"):
        GpioBoard(factory, wiring()).converter("mcp0")


def test_opening_leaves_the_working_folder_and_nothing_behind(
    factory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When lgpio is imported, it changes to LG_WD and makes a pipe there."""
    made = []

    def opens() -> Any:
        made.append(Path(os.environ["LG_WD"]))
        os.chdir(made[-1])
        (made[-1] / ".lgd-nfy0").touch()
        return factory

    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gpio_board, "_open_factory", opens)
    board = open_board(wiring())
    assert Path.cwd() == tmp_path
    board.close()
    assert not made[0].exists()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    open_board(wiring()).close()
    assert made[1] == tmp_path
    assert tmp_path.exists()


def refuse() -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("mode", "words"),
    [(None, "there is no .*device; is it off"), (0o000, "usermod -aG spi"), (0o600, "broken")],
)
def test_the_most_likely_reason_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None, words: str
) -> None:
    device = tmp_path / "device"
    if mode is not None:
        device.touch()
        monkeypatch.setattr(open_device.os, "access", lambda *_: mode == 0o600)
    with pytest.raises(PanelError, match=f"^SPI: .*{words}"):
        open_device.open_device(refuse, "SPI", device, "spi", "is it off?")


def test_read_errors_of_any_type_become_os_errors(factory: Any) -> None:
    MockMcp3008(8, factory)
    converter = GpioBoard(factory, wiring()).converter("mcp0")

    class OfLgpio:
        @property
        def raw_value(self) -> int:
            raise ValueError("of a kind of its own")

    converter._channels[0] = OfLgpio()  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="no answer on SPI"):
        converter.read(0)


@pytest.mark.parametrize(
    ("model", "cpu", "is_one"),
    [
        ("Raspberry Pi 4 Model B Rev 1.4\0", "", True),
        ("Orange Pi 5\0", "processor: 0\nRevision\t: 0000\n", False),
        (None, "processor: 0\nRevision\t: c03114\n", True),
        (None, "processor: 0\nmodel name: Xeon\n", False),
        (None, None, False),
    ],
)
def test_a_pi_is_recognised_by_its_model(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: str | None,
    cpu: str | None,
    is_one: bool,
) -> None:
    for name, text in (("_MODEL", model), ("_CPU", cpu)):
        path = tmp_path / name
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(gpio_board, name, path)
    assert is_pi() is is_one


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    monkeypatch.setattr(gpio_board, "_kernel", lambda: (6, 6))
    with pytest.raises(PanelError, match=r"lgpio does not load.*python3-lgpio"):
        open_board(wiring())
    monkeypatch.setitem(sys.modules, "gpiozero.pins.rpigpio", None)
    monkeypatch.setattr(gpio_board, "_kernel", lambda: (5, 10))
    with pytest.raises(PanelError, match=r"lgpio does not load.*python3-lgpio"):
        open_board(wiring())
