"""The GPIO panel: knobs, joystick, buttons, encoders and lamps of a board.

What goes wrong with a converter is a line in `faults` while it lasts; everything else goes on.
"""

from collections.abc import Callable, Mapping

from drumatlas.explore.controls import DEFAULTS, Change, Press, Turn
from drumatlas.panel.board import Board, Encoder, Lamp
from drumatlas.panel.conditioning import Conditioner
from drumatlas.panel.converters import Chip
from drumatlas.panel.switches import Debounce, stepped
from drumatlas.panel.takeover import Takeover
from drumatlas.panel.wiring import STICK, Input, Wiring

_REST = 0.5  # of a stick


class _Knob:
    """An analog input with its one or two controls."""

    def __init__(self, one: Input, wiring: Wiring, waits: bool) -> None:
        self.wire = one.wire
        self._is_stick = one.control in STICK
        self._condition = Conditioner(one.calibration, wiring.curve if self._is_stick else None)
        # A stick at rest says nothing: it would pull the map to its middle.
        self._position: float | None = _REST if self._is_stick else None
        second = wiring.second[one.control] or one.control
        self._controls = (one.control, second)
        self._takeovers = {
            second: Takeover(wiring.takeover, holds=False),
            one.control: Takeover(wiring.takeover, holds=not waits),
        }

    def shifted(self) -> None:
        """Shift was pressed or let go: each control must be fetched where it stands."""
        if self._controls[0] != self._controls[1]:
            for takeover in self._takeovers.values():
                takeover.release()

    def read(
        self, reading: float, now_ns: int, is_shifted: bool, values: Mapping[str, float]
    ) -> Turn | None:
        """The change, if there is one."""
        position = self._condition(reading, now_ns)
        if position == self._position:
            return None
        self._position = position
        control = self._controls[is_shifted]
        if self._is_stick:
            return Turn(control, position)  # it springs back, so there is nothing to fetch
        value = self._takeovers[control].move(position, values[control])
        return None if value is None else Turn(control, value)


class GpioPanel:
    """Reads the board when asked.

    `values` gives where the controls stand, `shows` what the lamps show; both are set once there
    is an engine. The controls in `waits` are not set from where the knobs stand at first.
    """

    name = "gpio"

    def __init__(self, wiring: Wiring, board: Board, waits: frozenset[str] = frozenset()) -> None:
        self.values: Callable[[], Mapping[str, float]] = lambda: DEFAULTS
        self.shows: Callable[[int], Mapping[str, bool]] = lambda _: {}
        self.tells: Callable[[list[str]], None] = lambda _: None
        self.faults: list[str] = []
        self._wiring = wiring
        self._board = board
        self._knobs = [_Knob(one, wiring, one.control in waits) for one in wiring.inputs]
        self._chips = open_chips(wiring, board)
        self._encoders: list[tuple[str, Encoder]] = [
            (control, board.encoder(wire.numbers[0], wire.numbers[1], wire.detents))
            for control, wire in wiring.encoders
        ]
        self._buttons = [(name, board.contact(pin), Debounce()) for name, pin in wiring.buttons]
        self._shift = None if wiring.shift is None else board.contact(wiring.shift)
        self._is_shifted = Debounce()
        self._lamps: dict[str, Lamp] = {name: board.lamp(pin) for name, pin in wiring.lamps}
        self._lit: dict[str, bool] = {}

    def poll(self, now_ns: int) -> list[Change]:
        """What hands did since the last call."""
        self._look_at_shift(now_ns)
        changes = [*self._pressed(now_ns), *self._stepped(), *self._turned(now_ns)]
        self._light(now_ns)
        return changes

    def _second(self, control: str) -> str:
        is_shifted = self._is_shifted.is_down
        return (is_shifted and self._wiring.second[control]) or control

    def _look_at_shift(self, now_ns: int) -> None:
        if self._shift is None:
            return
        self._shift.take_edges()
        if self._is_shifted.settle(self._shift.is_down, now_ns) is not None:
            for knob in self._knobs:
                knob.shifted()

    def _pressed(self, now_ns: int) -> list[Change]:
        changes: list[Change] = []
        for name, contact, button in self._buttons:
            for is_down, at_ns in (*contact.take_edges(), (contact.is_down, now_ns)):
                if button.settle(is_down, at_ns):
                    changes.append(Press(self._second(name)))
        return changes

    def _stepped(self) -> list[Change]:
        changes: list[Change] = []
        for name, encoder in self._encoders:
            steps = encoder.take_steps()
            if steps:
                control = self._second(name)
                value = self.values()[control]
                per_turn = self._wiring.encoder_steps
                changes.append(Turn(control, stepped(value, steps, per_turn)))
        return changes

    def _turned(self, now_ns: int) -> list[Change]:
        values, is_shifted = self.values(), self._is_shifted.is_down
        readings = {chip.name: chip.read(now_ns) for chip in self._chips}
        self._tell([chip.fault for chip in self._chips if chip.fault])
        changes: list[Change] = []
        for knob in self._knobs:
            reading = readings[knob.wire.chip].get(knob.wire.numbers[1])
            turn = None
            if reading is not None:
                turn = knob.read(reading, now_ns, is_shifted, values)
            if turn is not None:
                changes.append(turn)
        return changes

    def _tell(self, faults: list[str]) -> None:
        if faults != self.faults:
            self.faults = faults
            self.tells(faults)

    def _light(self, now_ns: int) -> None:
        for name, is_on in self.shows(now_ns).items():
            if name in self._lamps and self._lit.get(name) != is_on:
                self._lit[name] = is_on
                self._lamps[name].set(is_on)

    def close(self) -> None:
        """Lamps off, hardware free."""
        self._board.close()


def open_chips(wiring: Wiring, board: Board) -> list[Chip]:
    """The converters, each with the channels that are wired."""
    return [
        Chip(
            name,
            board.converter(name),
            [one.wire.numbers[1] for one in wiring.inputs if one.wire.chip == name],
        )
        for name in wiring.chips
    ]
