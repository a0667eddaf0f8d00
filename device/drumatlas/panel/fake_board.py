"""A board without hardware, for tests and for `--panel gpio:fake` (see `fake_gpio`).

Knobs and buttons are set by assignment, and the state of lamps can be read.
"""

import errno

from drumatlas.panel.board import Contact, Converter, Encoder, Lamp
from drumatlas.panel.chips import chip_of
from drumatlas.panel.contacts import Quadrature

_SAMPLE_PF = 20.0  # the sample capacitor of an MCP3008
_WIRE_PF = 37.0  # its pin (7 pF) and 30 cm of wire


class FakeConverter:
    """A converter whose voltages are set in `levels`, 0..1 of the supply.

    With `fails` it does not answer. Channels in `floating` are unconnected: the sample capacitor,
    which retains the share `keeps` of the last channel's voltage, moves them with each reading.
    """

    def __init__(self, channels: int = 8) -> None:
        self.levels = [0.0] * channels
        self.floating: set[int] = set()
        self.keeps = 1.0
        self.fails = False
        self.reads = 0
        self._charge = 0.0

    def read(self, channel: int) -> float:
        """Return the channel's level, or what the charge has made of it if it floats."""
        self.reads += 1
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        if channel in self.floating:
            charge = _SAMPLE_PF * self._charge + _WIRE_PF * self.levels[channel]
            self.levels[channel] = charge / (_SAMPLE_PF + _WIRE_PF)
        self._charge = self.keeps * self.levels[channel]
        return self.levels[channel]

    def close(self) -> None:
        """Do nothing: there is no bus."""


class FakeContact:
    """A button that `set` presses and releases."""

    def __init__(self) -> None:
        self.is_down = False
        self._edges: list[tuple[bool, int]] = []

    def set(self, is_down: bool, at_ns: int) -> None:
        """Close or open the contact at `at_ns`."""
        self.is_down = is_down
        self._edges.append((is_down, at_ns))

    def pop_edges(self) -> list[tuple[bool, int]]:
        """Return the edges since the last call, as `board.Contact` describes."""
        edges, self._edges = self._edges, []
        return edges


class FakeEncoder:
    """An encoder. `steps` are the detents not yet read; `move` sets the contacts."""

    def __init__(self, detents: int = 1) -> None:
        self.steps = 0
        self._contacts = Quadrature(detents, a=False, b=False)

    def move(self, a: bool, b: bool) -> None:
        """Close (True) or open the contacts."""
        before = self._contacts.steps
        self._contacts.move(a, b)
        self.steps += self._contacts.steps - before

    def pop_steps(self) -> int:
        """Return the detents since the last call, as `board.Encoder` describes."""
        steps, self.steps = self.steps, 0
        return steps


class FakeLamp:
    """A lamp. `is_on` is its state; `switched` counts the calls of `set`."""

    def __init__(self) -> None:
        self.is_on = False
        self.switched = 0

    def set(self, is_on: bool) -> None:
        """Switch the lamp on or off."""
        self.is_on = is_on
        self.switched += 1


class FakeBoard:
    """A board on which every part exists. Each method returns the same fake for the same pins."""

    def __init__(self) -> None:
        self.converters: dict[str, FakeConverter] = {}
        self.contacts: dict[int, FakeContact] = {}
        self.encoders: dict[tuple[int, int], FakeEncoder] = {}
        self.lamps: dict[int, FakeLamp] = {}
        self.is_closed = False

    def converter(self, chip: str) -> Converter:
        """Return the fake converter `chip`. Raise ConfigError if its kind is unknown."""
        kind, _ = chip_of(chip)
        return self.converters.setdefault(chip, FakeConverter(kind.channels))

    def contact(self, pin: int) -> Contact:
        """Return the fake button at `pin`."""
        return self.contacts.setdefault(pin, FakeContact())

    def encoder(self, a: int, b: int, detents: int = 1) -> Encoder:
        """Return the fake encoder at pins `a` and `b`."""
        return self.encoders.setdefault((a, b), FakeEncoder(detents))

    def lamp(self, pin: int) -> Lamp:
        """Return the fake lamp at `pin`."""
        return self.lamps.setdefault(pin, FakeLamp())

    def close(self) -> None:
        """Record that the board was closed."""
        self.is_closed = True
