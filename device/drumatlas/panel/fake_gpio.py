"""A GPIO panel without hardware, for trying out a wiring. A file of moves operates it.

{"t": 1.5, "wire": "mcp0:3", "value": 0.7}    set a channel's voltage, 0..1 of the supply
{"t": 2, "wire": "pin:17", "value": 1}        press (1) or release (0) a button
{"t": 4, "wire": "enc:5,6", "value": -3}      turn an encoder by detents, + is clockwise
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumatlas.errors import ConfigError, ControlError
from drumatlas.explore.controls import Change
from drumatlas.files import read_text
from drumatlas.panel.fake_board import FakeBoard
from drumatlas.panel.gpio import GpioPanel
from drumatlas.panel.script import MAX_BYTES, parse_timed
from drumatlas.panel.wiring import Wire, Wiring, parse_wire

_MIDDLE = 0.5
# Kind of wire -> (minimum, maximum, whether it must be a whole number, description).
_RANGES = {
    "pin": (0, 1, True, "1 (pressed) or 0 (released)"),
    "enc": (-1000, 1000, True, "whole detents, -1000..1000"),
}
_VOLTAGE = (0, 1, False, "0..1 of the supply")


@dataclass(frozen=True, slots=True)
class WireMove:
    """A change of the input at a wire."""

    wire: Wire
    value: float


class FakeGpioPanel(GpioPanel):
    """A panel whose knobs are in the middle until `moves` turn them.

    `moves` are (seconds after `start_ns`, move) in chronological order. `board` holds the state of
    the lamps.
    """

    def __init__(
        self,
        wiring: Wiring,
        moves: Iterable[tuple[float, WireMove]] = (),
        start_ns: int = 0,
        waits: frozenset[str] = frozenset(),
    ) -> None:
        self.board = FakeBoard()
        self._moves = deque((start_ns + round(t * 1e9), move) for t, move in moves)
        super().__init__(wiring, self.board, waits)
        for converter in self.board.converters.values():
            converter.levels = [_MIDDLE] * len(converter.levels)

    def poll(self, now_ns: int) -> list[Change]:
        """Make the moves due at `now_ns` and return the resulting changes."""
        while self._moves and self._moves[0][0] <= now_ns:
            at_ns, move = self._moves.popleft()
            self._make(move, at_ns)
        return super().poll(now_ns)

    def _make(self, move: WireMove, at_ns: int) -> None:
        wire = move.wire
        if wire.is_analog:
            self.board.converters[wire.chip].levels[wire.numbers[1]] = move.value
        elif wire.kind == "pin":
            self.board.contacts[wire.numbers[0]].set(bool(move.value), at_ns)
        else:
            a, b = wire.numbers
            self.board.encoders[a, b].steps += int(move.value)


def parse_moves(text: str, name: str, wiring: Wiring) -> list[tuple[float, WireMove]]:
    """Return (seconds, move) in chronological order.

    Raise ControlError, with `name` and the line number, for an invalid move or one of an input
    that is not in `wiring`.
    """
    return parse_timed(text, name, lambda entry: _move(entry, wiring))


def read_moves(path: Path, wiring: Wiring) -> list[tuple[float, WireMove]]:
    """Return the moves in a file. Raise ControlError or FileError that names file and line."""
    return parse_moves(read_text(path, MAX_BYTES), str(path), wiring)


def _move(entry: dict[str, Any], wiring: Wiring) -> WireMove:
    if set(entry) != {"t", "wire", "value"}:
        raise ControlError("expected the keys t, wire, value")
    try:
        wire = parse_wire(str(entry["wire"]))
    except ConfigError as error:
        raise ControlError(f"'wire' is {entry['wire']!r}: {error}") from None
    if (wire.kind, wire.numbers) not in _inputs(wiring):
        raise ControlError(f"no input is wired to {entry['wire']}; see [gpio] in the configuration")
    return WireMove(wire, _value(entry["value"], wire))


def _inputs(wiring: Wiring) -> set[tuple[str, tuple[int, ...]]]:
    """Return (kind, numbers) of each wire that has an input."""
    wires = [one.wire for one in wiring.inputs] + [wire for _, wire in wiring.encoders]
    pins = [pin for _, pin in wiring.buttons] + ([] if wiring.shift is None else [wiring.shift])
    return {(wire.kind, wire.numbers) for wire in wires} | {("pin", (pin,)) for pin in pins}


def _value(value: object, wire: Wire) -> float:
    low, high, is_whole, expected = _RANGES.get(wire.kind, _VOLTAGE)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not low <= value <= high
        or (is_whole and value != int(value))
    ):
        raise ControlError(f"'value' is {value!r}; it must be {expected}")
    return float(value)
