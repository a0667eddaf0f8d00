"""A board without hardware, for tests and for `--panel gpio:fake` (see `fake_gpio`): knobs and
buttons are set by assignment, lamps can be looked at."""

import errno

from drumatlas.panel.board import Contact, Converter, Encoder, Lamp
from drumatlas.panel.chips import chip_of
from drumatlas.panel.switches import Quadrature

_SAMPLE_PF = 20.0  # an MCP3008's sample capacitor
_WIRE_PF = 37.0  # its pin (7 pF) with 30 cm of wire on it


class FakeConverter:
    """`levels` are the channels' voltages, 0..1 of the supply; with `fails` it does not answer.

    Those in `floating` are held by nothing: the sample capacitor, which still has the share
    `keeps` of the last channel's voltage, moves them a little with each reading.
    """

    def __init__(self, channels: int = 8) -> None:
        self.levels = [0.0] * channels
        self.floating: set[int] = set()
        self.keeps = 1.0
        self.fails = False
        self.reads = 0
        self._charge = 0.0

    def read(self, channel: int) -> float:
        """The level that was set, or what charge has made of it."""
        self.reads += 1
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        if channel in self.floating:
            charge = _SAMPLE_PF * self._charge + _WIRE_PF * self.levels[channel]
            self.levels[channel] = charge / (_SAMPLE_PF + _WIRE_PF)
        self._charge = self.keeps * self.levels[channel]
        return self.levels[channel]

    def close(self) -> None:
        """Nothing to let go of."""


class FakeContact:
    """A button to be pressed by `set`."""

    def __init__(self) -> None:
        self.is_down = False
        self._edges: list[tuple[bool, int]] = []

    def set(self, is_down: bool, at_ns: int) -> None:
        """An edge at `at_ns`."""
        self.is_down = is_down
        self._edges.append((is_down, at_ns))

    def take_edges(self) -> list[tuple[bool, int]]:
        """As the Protocol says."""
        edges, self._edges = self._edges, []
        return edges


class FakeEncoder:
    """`steps` wait to be taken; `move` sets the contacts."""

    def __init__(self, detents: int = 1) -> None:
        self.steps = 0
        self._contacts = Quadrature(detents, a=False, b=False)

    def move(self, a: bool, b: bool) -> None:
        """Close (True) or open the contacts."""
        before = self._contacts.steps
        self._contacts.move(a, b)
        self.steps += self._contacts.steps - before

    def take_steps(self) -> int:
        """As the Protocol says."""
        steps, self.steps = self.steps, 0
        return steps


class FakeLamp:
    """`is_on` shows it; `switched` counts."""

    def __init__(self) -> None:
        self.is_on = False
        self.switched = 0

    def set(self, is_on: bool) -> None:
        """As the Protocol says."""
        self.is_on = is_on
        self.switched += 1


class FakeBoard:
    """Has every part that it is asked for."""

    def __init__(self) -> None:
        self.converters: dict[str, FakeConverter] = {}
        self.contacts: dict[int, FakeContact] = {}
        self.encoders: dict[tuple[int, int], FakeEncoder] = {}
        self.lamps: dict[int, FakeLamp] = {}
        self.is_closed = False

    def converter(self, chip: str) -> Converter:
        """A fake one, the same each time."""
        kind, _ = chip_of(chip)
        return self.converters.setdefault(chip, FakeConverter(kind.channels))

    def contact(self, pin: int) -> Contact:
        """A fake one, the same each time."""
        return self.contacts.setdefault(pin, FakeContact())

    def encoder(self, a: int, b: int, detents: int = 1) -> Encoder:
        """A fake one, the same each time."""
        return self.encoders.setdefault((a, b), FakeEncoder(detents))

    def lamp(self, pin: int) -> Lamp:
        """A fake one, the same each time."""
        return self.lamps.setdefault(pin, FakeLamp())

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True
