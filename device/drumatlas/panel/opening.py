"""Opening hardware: a library's error becomes a PanelError with the likeliest reason."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from drumatlas.errors import PanelError

INSTALL = "pip install 'drumatlas[pi]'"
_NO_I2C = "I2C is off (sudo raspi-config nonint do_i2c 0) or panel.i2c_bus is wrong"


class SmBus(Protocol):
    """The part of smbus2.SMBus that drivers use; OSError if the chip does not acknowledge."""

    def read_word_data(self, address: int, register: int) -> int:
        """A 16-bit register, low byte first."""

    def write_word_data(self, address: int, register: int, value: int) -> None:
        """Set one."""

    def close(self) -> None:
        """Let go of the bus."""


def opened(opens: Callable[[], Any], what: str, device: Path, group: str, missing: str) -> Any:
    """Return what `opens` returns.

    If it fails, raise a PanelError about `what`: that there is no `device` (the hint is `missing`),
    that only `group` may use it, or the library's own words. Libraries here raise errors of their
    own kinds, so all are caught.
    """
    from gpiozero.exc import GPIOZeroWarning  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GPIOZeroWarning)  # it warns where it falls back
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
    """Return the bus /dev/i2c-`number` for a chip called `part`; PanelError if smbus2 is missing or
    the bus can't be used."""
    try:
        from smbus2 import SMBus  # noqa: PLC0415 - only for I2C chips
    except ImportError as error:
        raise PanelError(f"{part}: smbus2 does not load ({error})", INSTALL) from None
    path = Path(f"/dev/i2c-{number}")
    bus: SmBus = opened(lambda: SMBus(number), "I2C", path, "i2c", _NO_I2C)
    return bus
