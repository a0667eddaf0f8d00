"""Driver for the ADS1115 converter, on I2C."""

import time
from collections.abc import Callable

from drumatlas.panel.background_reader import BackgroundReader
from drumatlas.panel.board import Converter
from drumatlas.panel.chip_kind import Slot
from drumatlas.panel.open_device import SmBus, open_i2c


def open_ads1115(slot: Slot) -> Converter:
    """Return the converter, read by a thread. Raise PanelError if smbus2 or I2C can't be used."""
    bus = open_i2c(slot.i2c_bus, slot.kind.part)
    return BackgroundReader(Ads1115(bus, slot.place), slot.channels, slot.prepare)


class Ads1115:
    """Texas Instruments ADS1115 in single-shot mode.

    Registers and bits are from its data sheet SBAS444, "Register Map". Register 0 is the
    conversion, 1 the configuration. Both have 16 bits, high byte first (SMBus words have the low
    byte first).
    """

    _CONVERSION, _CONFIG = 0, 1
    _START = 0x8000  # OS: writing 1 starts a conversion; it reads 1 when none is running
    _SINGLE_ENDED = 0x4000  # MUX: 0b100 + channel, against ground
    _RANGE = 0x0200  # PGA 0b001: +-4.096 V, the smallest range that includes 3.3 V
    _ONE_SHOT = 0x0100  # MODE
    _FASTEST = 0x00E0  # DR 0b111: 860 conversions a second
    _NO_ALERT = 0x0003  # COMP_QUE
    _FULL = 3.3 / 4.096 * 32768  # counts at a supply of 3.3 V
    _CONVERT_S = 1.1 / 860  # the rate is accurate to 10 %
    _MAX_POLLS = 5  # of the configuration register, before a conversion counts as failed

    def __init__(self, bus: SmBus, address: int, sleep: Callable[[float], object] = time.sleep):
        self._bus = bus
        self._address = address
        self._sleep = sleep

    def read(self, channel: int) -> float:
        """Return the voltage at `channel` as a share of the supply, 0..1. Takes 2 ms.

        Raise OSError if the chip does not answer or does not finish the conversion.
        """
        mux = self._SINGLE_ENDED | channel << 12
        flags = self._RANGE | self._ONE_SHOT | self._FASTEST | self._NO_ALERT
        word = _swapped(self._START | mux | flags)
        self._bus.write_word_data(self._address, self._CONFIG, word)
        for _ in range(self._MAX_POLLS):
            self._sleep(self._CONVERT_S)
            if _swapped(self._bus.read_word_data(self._address, self._CONFIG)) & self._START:
                break
        else:
            raise OSError(f"ADS1115 at {self._address:#x} did not finish a conversion")
        counts = _swapped(self._bus.read_word_data(self._address, self._CONVERSION))
        signed = counts - 0x10000 if counts & 0x8000 else counts
        return min(max(signed / self._FULL, 0.0), 1.0)

    def close(self) -> None:
        """Close the bus."""
        self._bus.close()


def _swapped(word: int) -> int:
    return (word & 0xFF) << 8 | word >> 8 & 0xFF
