"""Driver for Microchip's SPI converters MCP3004, 3008, 3204 and 3208, using gpiozero."""

import errno
from functools import partial
from pathlib import Path
from typing import Any

from drumatlas.errors import PanelError
from drumatlas.panel.board import Converter
from drumatlas.panel.chip_kind import Slot
from drumatlas.panel.open_device import open_device

_MISSING = "SPI is off: sudo raspi-config nonint do_spi 0, and restart"


def open_spi(slot: Slot) -> Converter:
    """Return the converter. Raise PanelError if SPI can't be used."""
    return SpiConverter(slot)


class SpiConverter:
    """A converter on SPI0 whose reference voltage is the supply."""

    def __init__(self, slot: Slot) -> None:
        import gpiozero  # noqa: PLC0415 - only on a Pi

        device = getattr(gpiozero, slot.kind.part)
        path = Path(f"/dev/spidev0.{slot.place}")
        self._full = (1 << slot.kind.bits) - 1  # counts at the supply's voltage
        self._channels: dict[int, Any] = {}
        try:
            for channel in slot.channels:
                opens = partial(
                    device, channel, port=0, device=slot.place, pin_factory=slot.factory
                )
                self._channels[channel] = open_device(opens, "SPI", path, "spi", _MISSING)
        except PanelError:
            self.close()
            raise

    def read(self, channel: int) -> float:
        """Return the voltage at `channel`, as `board.Converter` describes."""
        try:
            counts = int(self._channels[channel].raw_value)
        except OSError:
            raise
        except Exception as error:  # lgpio's errors are not OSErrors
            raise OSError(errno.EIO, f"no answer on SPI ({error})") from None
        return counts / self._full

    def close(self) -> None:
        """Close the bus."""
        for device in self._channels.values():
            device.close()
