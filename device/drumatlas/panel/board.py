"""What a GPIO panel needs of the hardware, as Protocols: `gpio_board` has it, `fakes` plays it."""

from typing import Protocol


class Converter(Protocol):
    """An analog converter with some channels."""

    def read(self, channel: int) -> float:
        """The voltage at `channel` as a share of the supply, 0..1. OSError if it does not answer;
        it may be asked again at any time."""

    def close(self) -> None:
        """Let go of the bus."""


class Contact(Protocol):
    """A button's contact."""

    @property
    def is_down(self) -> bool:
        """Whether it is closed now."""

    def take_edges(self) -> list[tuple[bool, int]]:
        """(closed or not, monotonic ns) of each edge since the last call, in order."""


class Encoder(Protocol):
    """A rotary encoder."""

    def take_steps(self) -> int:
        """Return the detents turned since the last call, clockwise is positive."""


class Lamp(Protocol):
    """A light-emitting diode."""

    def set(self, is_on: bool) -> None:
        """Switch it."""


class Board(Protocol):
    """Where everything is plugged in. Opening a part raises PanelError if it can't be used."""

    def converter(self, chip: str) -> Converter:
        """Return the converter with a name of the configuration, like mcp0 (see `chips`)."""

    def contact(self, pin: int) -> Contact:
        """The button between `pin` (BCM number) and ground."""

    def encoder(self, a: int, b: int, detents: int = 1) -> Encoder:
        """The encoder between pins `a`, `b` and ground, with so many detents to a cycle."""

    def lamp(self, pin: int) -> Lamp:
        """The diode between `pin` and ground."""

    def close(self) -> None:
        """Lamps off, all parts closed."""
