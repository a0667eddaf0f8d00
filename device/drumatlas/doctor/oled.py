"""Check the display that the configuration names, without opening it.

A running box may be drawing on it.
"""

import os
from importlib.util import find_spec
from pathlib import Path

from drumatlas.config.keys import Config
from drumatlas.doctor.finding import Finding
from drumatlas.oled.chips import CHIPS

_DEV = Path("/dev")


def examine_oled(config: Config, dev: Path = _DEV) -> list[Finding]:
    """Return one finding, or none if no display is configured."""
    chip = str(config["oled.chip"])
    if not chip:
        return []
    if find_spec("PIL") is None or (chip in CHIPS and find_spec("luma") is None):
        return [_warn(f"{chip}: luma.oled is not installed", "pip install 'drumatlas[oled]'")]
    if chip not in CHIPS:
        return [Finding("oled", "ok", f"draws into the file {chip.partition(':')[2]}")]
    bus = dev / f"i2c-{config['panel.i2c_bus']}"
    if not bus.exists():
        return [
            _warn(f"{bus} is missing: I2C is off", "sudo raspi-config nonint do_i2c 0, and reboot")
        ]
    if not os.access(bus, os.R_OK | os.W_OK):
        return [_warn(f"no permission for {bus}", "sudo usermod -aG i2c $USER, and log in again")]
    return [Finding("oled", "ok", f"{chip} at {bus}, {int(config['oled.address']):#x}")]


def _warn(detail: str, advice: str) -> Finding:
    return Finding("oled", "warn", detail, advice)
