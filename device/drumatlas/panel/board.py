"""The hardware that a GPIO panel needs, as Protocols.

`gpio_board` implements them on a Raspberry Pi, `fake_board` without hardware.
"""

from typing import Protocol


class Converter(Protocol):
    """An analog-to-digital converter."""

    def read(self, channel: int) -> float:
        """Return the voltage at `channel` as a share of the supply, 0..1.

        Raise OSError if the converter does not answer. The caller may try again at any time.
        """

    def close(self) -> None:
        """Close the bus."""


class Contact(Protocol):
    """The contact of a button."""

    @property
    def is_down(self) -> bool:
        """Whether the contact is closed now."""

    def pop_edges(self) -> list[tuple[bool, int]]:
        """Return each edge since the last call, in order: (is closed, monotonic ns)."""


class Encoder(Protocol):
    """A rotary encoder."""

    def pop_steps(self) -> int:
        """Return the number of detents turned since the last call; clockwise is positive."""


class Lamp(Protocol):
    """An LED."""

    def set(self, is_on: bool) -> None:
        """Switch the LED on or off."""


class Board(Protocol):
    """Opens the parts of a panel. Each method raises PanelError if the part can't be used."""

    def converter(self, chip: str) -> Converter:
        """Open the converter with this name in the configuration, such as mcp0 (see `chips`)."""

    def contact(self, pin: int) -> Contact:
        """Open the button between `pin` (BCM number) and ground."""

    def encoder(self, a: int, b: int, detents: int = 1) -> Encoder:
        """Open the encoder between pins `a`, `b` and ground, with `detents` per cycle."""

    def lamp(self, pin: int) -> Lamp:
        """Open the LED between `pin` and ground."""

    def close(self) -> None:
        """Switch all LEDs off and close all parts."""
