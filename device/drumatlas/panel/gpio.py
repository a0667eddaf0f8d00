"""The GPIO panel: knobs, joystick, buttons, encoders and lamps of a board.

While a converter fails, `faults` has a line about it and everything else keeps working.
"""

from collections.abc import Callable, Mapping

from drumatlas.explore.controls import DEFAULTS, Change, Press, Turn
from drumatlas.panel.board import Board, Encoder, Lamp
from drumatlas.panel.conditioning import Conditioner
from drumatlas.panel.contacts import Debounce, value_after_steps
from drumatlas.panel.converters import Chip
from drumatlas.panel.takeover import Takeover
from drumatlas.panel.wiring import STICK, Input, Wiring

_REST = 0.5  # position of a stick that nobody touches


class _Knob:
    """An analog input with its control and the one it has while shift is held."""

    def __init__(self, one: Input, wiring: Wiring, waits: bool) -> None:
        self.wire = one.wire
        self._is_stick = one.control in STICK
        self._condition = Conditioner(one.calibration, wiring.curve if self._is_stick else None)
        # A stick at rest must not move the place to the map's middle at the start.
        self._position: float | None = _REST if self._is_stick else None
        second = wiring.second[one.control] or one.control
        self._controls = (one.control, second)
        self._takeovers = {
            second: Takeover(wiring.takeover, holds=False),
            one.control: Takeover(wiring.takeover, holds=not waits),
        }

    def shifted(self) -> None:
        """Apply soft takeover to both controls again, since shift was pressed or released."""
        if self._controls[0] != self._controls[1]:
            for takeover in self._takeovers.values():
                takeover.release()

    def read(
        self, reading: float, now_ns: int, is_shifted: bool, values: Mapping[str, float]
    ) -> Turn | None:
        """Return the change that a reading 0..1 at `now_ns` makes, or None.

        `values` are the current values of the controls.
        """
        position = self._condition(reading, now_ns)
        if position == self._position:
            return None
        self._position = position
        control = self._controls[is_shifted]
        if self._is_stick:
            return Turn(control, position)  # a stick springs back, so it needs no takeover
        value = self._takeovers[control].move(position, values[control])
        return None if value is None else Turn(control, value)


class GpioPanel:
    """Reads the inputs of a board and sets its lamps on each `poll`.

    `values` returns the current values of the controls, and `lamp_states` the lamps to light at a
    time (ns). `on_faults` is called with the new list of faults whenever it changes. All three are
    set once there is an engine. Controls in `waits` are not set from their knobs' first positions.
    """

    name = "gpio"

    def __init__(self, wiring: Wiring, board: Board, waits: frozenset[str] = frozenset()) -> None:
        self.values: Callable[[], Mapping[str, float]] = lambda: DEFAULTS
        self.lamp_states: Callable[[int], Mapping[str, bool]] = lambda _: {}
        self.on_faults: Callable[[list[str]], None] = lambda _: None
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
        """Return the changes since the last call."""
        self._read_shift(now_ns)
        changes = self._button_changes(now_ns)
        changes += self._encoder_changes()
        changes += self._knob_changes(now_ns)
        self._update_lamps(now_ns)
        return changes

    def _second(self, control: str) -> str:
        is_shifted = self._is_shifted.is_down
        return (is_shifted and self._wiring.second[control]) or control

    def _read_shift(self, now_ns: int) -> None:
        if self._shift is None:
            return
        self._shift.pop_edges()
        if self._is_shifted.settle(self._shift.is_down, now_ns) is not None:
            for knob in self._knobs:
                knob.shifted()

    def _button_changes(self, now_ns: int) -> list[Change]:
        changes: list[Change] = []
        for name, contact, button in self._buttons:
            for is_down, at_ns in (*contact.pop_edges(), (contact.is_down, now_ns)):
                if button.settle(is_down, at_ns):
                    changes.append(Press(self._second(name)))
        return changes

    def _encoder_changes(self) -> list[Change]:
        changes: list[Change] = []
        for name, encoder in self._encoders:
            steps = encoder.pop_steps()
            if steps:
                control = self._second(name)
                value = self.values()[control]
                per_turn = self._wiring.encoder_steps
                changes.append(Turn(control, value_after_steps(value, steps, per_turn)))
        return changes

    def _knob_changes(self, now_ns: int) -> list[Change]:
        values, is_shifted = self.values(), self._is_shifted.is_down
        readings = {chip.name: chip.read(now_ns) for chip in self._chips}
        self._report([chip.fault for chip in self._chips if chip.fault])
        changes: list[Change] = []
        for knob in self._knobs:
            reading = readings[knob.wire.chip].get(knob.wire.numbers[1])
            turn = None
            if reading is not None:
                turn = knob.read(reading, now_ns, is_shifted, values)
            if turn is not None:
                changes.append(turn)
        return changes

    def _report(self, faults: list[str]) -> None:
        if faults != self.faults:
            self.faults = faults
            self.on_faults(faults)

    def _update_lamps(self, now_ns: int) -> None:
        for name, is_on in self.lamp_states(now_ns).items():
            if name in self._lamps and self._lit.get(name) != is_on:
                self._lit[name] = is_on
                self._lamps[name].set(is_on)

    def close(self) -> None:
        """Switch the lamps off and release the hardware."""
        self._board.close()


def open_chips(wiring: Wiring, board: Board) -> list[Chip]:
    """Open each wired converter, with its wired channels."""
    return [
        Chip(
            name,
            board.converter(name),
            [one.wire.numbers[1] for one in wiring.inputs if one.wire.chip == name],
        )
        for name in wiring.chips
    ]
