"""Analog converters: the ADS1115's protocol, slow ones on a thread, failing ones tried again.

The MCP3008 is gpiozero's (see gpio_board).
"""

import threading
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Protocol

from drumatlas.panel.board import Converter

NEWS = 10 / 1023  # a reading that is so far from the last one is a turn, or a spike
RETRY_NS = 250_000_000  # between two looks at a converter that does not answer
_ROUND_S = 0.01  # of the thread that reads a slow converter
_FIRST_S = 0.3  # for its first readings, at the start


class Chip:
    """A converter and its wired channels, read together. `fault` says why there is nothing now.

    Where a reading differs from the last one, two more are taken at once and the middle one of
    the three counts: a spike is gone, and a turn need not wait for later readings to be believed.
    One that fails costs a single reading every quarter of a second.
    """

    def __init__(self, name: str, converter: Converter, channels: Sequence[int]) -> None:
        self.name = name
        self.fault = ""
        self.converter = converter
        self._channels = tuple(channels)
        self._retry_ns = 0
        self._last: dict[int, float] = {}

    def read(self, now_ns: int) -> dict[int, float]:
        """Channel -> 0..1; those that can't be read now are left out."""
        if self.fault and now_ns < self._retry_ns:
            return {}
        readings: dict[int, float] = {}
        try:
            for channel in self._channels:
                readings[channel] = self._settled(channel)
        except OSError as error:
            self.fault = f"converter {self.name}: {error.strerror or error}; its knobs stay put"
            self._retry_ns = now_ns + RETRY_NS
        else:
            self.fault = ""
        return readings

    def _settled(self, channel: int) -> float:
        reading = self.converter.read(channel)
        if abs(reading - self._last.get(channel, reading)) > NEWS:
            reading = median((reading, *(self.converter.read(channel) for _ in range(2))))
        self._last[channel] = reading
        return reading


class Bus(Protocol):
    """What is used of smbus2.SMBus; OSError if the chip does not acknowledge."""

    def read_word_data(self, address: int, register: int) -> int:
        """A 16-bit register, low byte first."""

    def write_word_data(self, address: int, register: int, value: int) -> None:
        """Set one."""

    def close(self) -> None:
        """Let go of the bus."""


class Ads1115:
    """Texas Instruments ADS1115, single-shot. Source of registers and bits: its data sheet
    SBAS444, "Register Map": pointer 0 is the conversion, 1 the configuration, 16 bits each, high
    byte first (SMBus words have the low byte first)."""

    _CONVERSION, _CONFIG = 0, 1
    _START = 0x8000  # OS: written, begins a conversion; read, none is under way
    _SINGLE_ENDED = 0x4000  # MUX: 0b100 + channel, against ground
    _RANGE = 0x0200  # PGA 0b001: +-4.096 V, the smallest that takes 3.3 V
    _ONE_SHOT = 0x0100  # MODE
    _FASTEST = 0x00E0  # DR 0b111: 860 conversions a second
    _NO_ALERT = 0x0003  # COMP_QUE
    _FULL = 3.3 / 4.096 * 32768  # counts at a supply of 3.3 V
    _CONVERT_S = 1.1 / 860  # the rate is good to 10 %
    _LOOKS = 5

    def __init__(self, bus: Bus, address: int, sleep: Callable[[float], object] = time.sleep):
        self._bus = bus
        self._address = address
        self._sleep = sleep

    def read(self, channel: int) -> float:
        """Convert, wait, and fetch: 2 ms in all; OSError if it does not answer or not finish."""
        mux = self._SINGLE_ENDED | channel << 12
        flags = self._RANGE | self._ONE_SHOT | self._FASTEST | self._NO_ALERT
        word = _swapped(self._START | mux | flags)
        self._bus.write_word_data(self._address, self._CONFIG, word)
        for _ in range(self._LOOKS):
            self._sleep(self._CONVERT_S)
            if _swapped(self._bus.read_word_data(self._address, self._CONFIG)) & self._START:
                break
        else:
            raise OSError(f"ADS1115 at {self._address:#x} does not finish a conversion")
        counts = _swapped(self._bus.read_word_data(self._address, self._CONVERSION))
        signed = counts - 0x10000 if counts & 0x8000 else counts
        return min(max(signed / self._FULL, 0.0), 1.0)

    def close(self) -> None:
        """Let go of the bus."""
        self._bus.close()


def _swapped(word: int) -> int:
    return (word & 0xFF) << 8 | word >> 8 & 0xFF


class Background:
    """A slow converter, read on a thread of its own: `read` gives the latest and never waits.

    A hung I2C bus holds its thread for as long as the kernel does, and nothing else. `prepare` is
    called on that thread first (for its priority).
    """

    def __init__(
        self,
        converter: Converter,
        channels: Sequence[int],
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._converter = converter
        self._prepare = prepare
        self._channels = tuple(channels)
        self._latest: dict[int, float] = {}
        self._error: OSError | None = None
        self._ends = threading.Event()
        self._has_first = threading.Event()
        self._thread = threading.Thread(target=self._run, name="converter", daemon=True)
        self._thread.start()
        self._has_first.wait(_FIRST_S)

    def read(self, channel: int) -> float:
        """The latest reading; OSError while the converter fails."""
        if self._error is not None:
            raise self._error
        if channel not in self._latest:
            raise OSError("has not answered yet")
        return self._latest[channel]

    def _run(self) -> None:
        self._prepare()
        while not self._ends.is_set():
            try:
                for channel in self._channels:
                    self._latest[channel] = self._converter.read(channel)
                self._error = None
            except OSError as error:
                self._error = error
            self._has_first.set()
            self._ends.wait(RETRY_NS / 1e9 if self._error else _ROUND_S / 4)

    def close(self) -> None:
        """End the thread, if the bus lets it."""
        self._ends.set()
        self._thread.join(_FIRST_S)
        self._converter.close()
