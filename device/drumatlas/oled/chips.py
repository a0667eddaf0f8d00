"""The supported displays. (Without PIL, because the configuration names one.)"""

from dataclasses import dataclass

from drumatlas.errors import ConfigError

CHIPS = ("ssd1306", "ssd1309", "sh1106")
PNG = "png:"  # a file instead of a display


@dataclass(frozen=True, slots=True)
class OledSettings:
    """The display and its connection: `chip` as in `display.open_device`."""

    chip: str
    bus: int = 1
    address: int = 0x3C
    flip: bool = False


def check_chip(text: str) -> None:
    """Raise ConfigError unless `text` names a display, or is empty for none."""
    if text and text not in CHIPS and not (text.startswith(PNG) and len(text) > len(PNG)):
        raise ConfigError(f"must be one of {', '.join(CHIPS)}, png:FILE, or empty for none")
