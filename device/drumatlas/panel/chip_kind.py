"""Types that describe a kind of converter chip and where a chip is connected. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drumatlas.panel.board import Converter
from drumatlas.panel.conditioning import COUNT


@dataclass(frozen=True, slots=True)
class Bus:
    """A bus on the Pi's header, with its GPIO pins."""

    name: str
    pins: tuple[int, ...]
    place: str  # template "chip select {}"; takes one of a kind's `places`


# SPI0: CE1, CE0, MISO, MOSI, SCLK. The kernel reserves both chip selects, whichever is used.
SPI = Bus("SPI", (7, 8, 9, 10, 11), "chip select {}")
I2C = Bus("I2C", (2, 3), "address {:#x}")  # I2C1: SDA, SCL
BUSES = (SPI, I2C)


@dataclass(frozen=True, slots=True)
class Slot:
    """Everything that a driver needs to open one converter."""

    kind: "ChipKind"
    place: int  # chip select or address
    channels: Sequence[int]  # the wired ones
    factory: Any  # gpiozero's pin factory
    i2c_bus: int
    prepare: Callable[[], object]  # a thread that reads a slow converter calls it first


@dataclass(frozen=True, slots=True)
class ChipKind:
    """A kind of analog converter. Its key in CHIP_KINDS is its name in the configuration."""

    part: str  # the maker's part name; for SPI also the name of gpiozero's class
    channels: int
    bits: int  # of a reading between ground and the supply
    bus: Bus
    places: tuple[int, ...]  # chip selects or addresses of chips 0, 1, ...
    shares_sample_capacitor: bool  # whether `floating_input` can find loose wires
    open: Callable[[Slot], Converter]  # raises PanelError if the chip can't be used

    @property
    def count(self) -> float:
        """The smallest step, as a share of the supply, that counts as more than noise."""
        return max(COUNT, 1 / ((1 << self.bits) - 1))

    def place(self, number: int) -> str:
        """Return where chip `number` is connected, as in "chip select 1 of the SPI bus"."""
        return f"{self.bus.place.format(self.places[number])} of the {self.bus.name} bus"
