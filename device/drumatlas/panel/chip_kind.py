"""What a kind of converter chip is, and where one of them is plugged in. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drumatlas.panel.board import Converter
from drumatlas.panel.conditioning import COUNT


@dataclass(frozen=True, slots=True)
class Bus:
    """A bus on the Pi's header: its GPIO pins, and what tells the chips on it apart."""

    name: str
    pins: tuple[int, ...]
    place: str  # "chip select {}", filled in with one of a kind's `places`


# SPI0: CE1, CE0, MISO, MOSI, SCLK. The kernel holds both selects, whichever is used.
SPI = Bus("SPI", (7, 8, 9, 10, 11), "chip select {}")
I2C = Bus("I2C", (2, 3), "address {:#x}")  # I2C1: SDA, SCL
BUSES = (SPI, I2C)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one converter is plugged in: what its driver needs."""

    kind: "ChipKind"
    place: int  # chip select or address
    channels: Sequence[int]  # those that are wired
    factory: Any  # gpiozero's pin factory
    i2c_bus: int
    prepare: Callable[[], object]  # called first on a thread that reads a slow converter


@dataclass(frozen=True, slots=True)
class ChipKind:
    """A kind of analog converter. Its name in the configuration is its key in CHIP_KINDS."""

    part: str  # as its maker writes it; an SPI one is gpiozero's class of that name
    channels: int
    bits: int  # of a reading from ground to the supply
    bus: Bus
    places: tuple[int, ...]  # chip selects or addresses: of number 0, of number 1, ...
    shares_sample_capacitor: bool  # between its channels: then `charge` can find loose wires
    open: Callable[[Slot], Converter]  # PanelError if it can't be used

    @property
    def count(self) -> float:
        """The smallest step, as a share of the supply, that a knob can be trusted to make."""
        return max(COUNT, 1 / ((1 << self.bits) - 1))

    def place(self, number: int) -> str:
        """Return where chip `number` is on its bus: "chip select 1 of the SPI bus"."""
        return f"{self.bus.place.format(self.places[number])} of the {self.bus.name} bus"
