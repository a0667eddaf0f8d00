"""Open hardware. A library's error becomes a PanelError with the most likely reason."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from drumatlas.errors import PanelError

INSTALL = "pip install 'drumatlas[pi]'"
_NO_I2C = "I2C is off (sudo raspi-config nonint do_i2c 0) or panel.i2c_bus is wrong"


class SmBus(Protocol):
    """The part of smbus2.SMBus that drivers use. It raises OSError if the chip does not answer."""

    def read_word_data(self, address: int, register: int) -> int:
        """Return a 16-bit register, low byte first."""

    def write_word_data(self, address: int, register: int, value: int) -> None:
        """Set a 16-bit register, low byte first."""

    def close(self) -> None:
        """Close the bus."""


def open_device(opens: Callable[[], Any], what: str, device: Path, group: str, missing: str) -> Any:
    """Call `opens` and return its result.

    If it fails, raise PanelError about `what`. The reason is that `device` does not exist (with the
    hint `missing`), that only `group` may use it, or else the library's message. The libraries here
    raise errors of many types, so all are caught.
    """
    from gpiozero.exc import GPIOZeroWarning  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GPIOZeroWarning)  # gpiozero warns about a fallback
            return opens()
    except Exception as error:
        if not device.exists():
            why, hint = f"there is no {device}", missing
        elif not os.access(device, os.R_OK | os.W_OK):
            why = f"{device} may not be used"
            hint = f"sudo usermod -aG {group} $USER, and log in again"
        else:
            why, hint = f"{error or type(error).__name__}", ""
        raise PanelError(f"{what}: {why}", hint) from None


def open_i2c(number: int, part: str) -> SmBus:
    """Open the bus /dev/i2c-`number` for a chip named `part`.

    Raise PanelError if smbus2 is missing or the bus can't be used.
    """
    try:
        from smbus2 import SMBus  # noqa: PLC0415 - only for I2C chips
    except ImportError as error:
        raise PanelError(f"{part}: smbus2 does not load ({error})", INSTALL) from None
    path = Path(f"/dev/i2c-{number}")
    bus: SmBus = open_device(lambda: SMBus(number), "I2C", path, "i2c", _NO_I2C)
    return bus
