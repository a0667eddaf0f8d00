"""The table of analog converters, one row per kind.

Everything that depends on the kind uses these rows: the wires in the configuration and their error
messages, the check for conflicts, noise thresholds, doctor's test for loose wires and the example
file. To add a kind, add a row to CHIP_KINDS and, if none fits, a driver. `spi_converter` opens
every SPI converter that gpiozero knows; `ads1115` is an example of another driver. Pure: a driver
is imported when its chip is opened.
"""

import re
from collections.abc import Mapping

from drumatlas.errors import ConfigError
from drumatlas.panel.board import Converter
from drumatlas.panel.chip_kind import I2C, SPI, Bus, ChipKind, Slot


def _open_spi(slot: Slot) -> Converter:
    from drumatlas.panel.spi_converter import open_spi  # noqa: PLC0415 - only on a Pi

    return open_spi(slot)


def _open_ads1115(slot: Slot) -> Converter:
    from drumatlas.panel.ads1115 import open_ads1115  # noqa: PLC0415 - only on a Pi

    return open_ads1115(slot)


# Name in the configuration -> kind. The number of the chip follows the name, as in "mcp0".
CHIP_KINDS: dict[str, ChipKind] = {
    "mcp": ChipKind(
        part="MCP3008",
        channels=8,
        bits=10,
        bus=SPI,
        places=(0, 1),
        shares_sample_capacitor=True,
        open=_open_spi,
    ),
    "ads": ChipKind(
        part="ADS1115",
        channels=4,
        bits=15,  # plus the sign
        bus=I2C,
        places=(0x48, 0x49, 0x4A, 0x4B),  # ADDR pin at ground, supply, SDA, SCL
        shares_sample_capacitor=False,
        open=_open_ads1115,
    ),
}


def chip_of(name: str) -> tuple[ChipKind, int]:
    """Return the kind and number of chip `name`, such as "mcp0". Raise ConfigError if unknown."""
    chips = _all_chips()
    if name not in chips:
        raise ConfigError(f"unknown converter '{name}'", f"choose from {', '.join(chips)}")
    return chips[name]


def _all_chips() -> dict[str, tuple[ChipKind, int]]:
    return {
        f"{word}{number}": (kind, number)
        for word, kind in CHIP_KINDS.items()
        for number in range(len(kind.places))
    }


def channel_pattern() -> str:
    """Return a regular expression for a channel, "mcp0:3": groups name, number, channel."""
    longest_first = sorted(CHIP_KINDS, key=len, reverse=True)  # a name may be another and a digit
    names = "|".join(map(re.escape, longest_first))
    return rf"({names})(0|[1-9][0-9]?):(0|[1-9][0-9]?)"


def check_channel(word: str, number: int, channel: int) -> None:
    """Raise ConfigError, naming the valid range, if there is no such chip or channel."""
    kind = CHIP_KINDS[word]
    last = len(kind.places) - 1
    if number > last or channel >= kind.channels:
        chips = f"{word}0..{word}{last}" if last else f"only {word}0"
        raise ConfigError(f"there are {chips}, channels 0..{kind.channels - 1}")


def examples() -> Mapping[str, ChipKind]:
    """Return an example of a wire for each kind, "mcp0:4" -> kind."""
    return {f"{word}0:{kind.channels // 2}": kind for word, kind in CHIP_KINDS.items()}


def parts_on(bus: Bus) -> str:
    """Return the part names of the converters on a bus, as in "MCP3008 or MCP3208"."""
    return " or ".join(kind.part for kind in CHIP_KINDS.values() if kind.bus is bus)
