"""A GPIO panel on a board without hardware, for trying a wiring: a file of moves is its hands.

{"t": 1.5, "wire": "mcp0:3", "value": 0.7}    the voltage at a channel, 0..1 of the supply
{"t": 2, "wire": "pin:17", "value": 1}        a button pressed (1) or let go (0)
{"t": 4, "wire": "enc:5,6", "value": -3}      an encoder turned by so many detents, + is clockwise
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumatlas.errors import ConfigError, ControlError
from drumatlas.explore.controls import Change
from drumatlas.files import read_text
from drumatlas.panel.fakes import FakeBoard
from drumatlas.panel.gpio import GpioPanel
from drumatlas.panel.script import MAX_BYTES, parse_timed
from drumatlas.panel.wiring import Wire, Wiring, parse_wire

_MIDDLE = 0.5
# Kind of wire -> (least and greatest value, whether whole numbers only, in words).
_RANGES = {
    "pin": (0, 1, True, "1 (pressed) or 0 (let go)"),
    "enc": (-1000, 1000, True, "whole detents, -1000..1000"),
}
_VOLTAGE = (0, 1, False, "0..1 of the supply")


@dataclass(frozen=True, slots=True)
class Move:
    """What a hand does to the input at a wire."""

    wire: Wire
    value: float


class FakeGpioPanel(GpioPanel):
    """A panel whose knobs stand in the middle until `moves`, (seconds, move) in order of time,
    turn them. Their second 0 is `start_ns`. `board` shows the lamps."""

    def __init__(
        self,
        wiring: Wiring,
        moves: Iterable[tuple[float, Move]] = (),
        start_ns: int = 0,
        waits: frozenset[str] = frozenset(),
    ) -> None:
        self.board = FakeBoard()
        self._moves = deque((start_ns + round(t * 1e9), move) for t, move in moves)
        super().__init__(wiring, self.board, waits)
        for converter in self.board.converters.values():
            converter.levels = [_MIDDLE] * len(converter.levels)

    def poll(self, now_ns: int) -> list[Change]:
        """Make the moves that are due, and return what the panel reads then."""
        while self._moves and self._moves[0][0] <= now_ns:
            at_ns, move = self._moves.popleft()
            self._make(move, at_ns)
        return super().poll(now_ns)

    def _make(self, move: Move, at_ns: int) -> None:
        wire = move.wire
        if wire.is_analog:
            self.board.converters[wire.chip].levels[wire.numbers[1]] = move.value
        elif wire.kind == "pin":
            self.board.contacts[wire.numbers[0]].set(bool(move.value), at_ns)
        else:
            a, b = wire.numbers
            self.board.encoders[a, b].steps += int(move.value)


def parse_moves(text: str, name: str, wiring: Wiring) -> list[tuple[float, Move]]:
    """Return (seconds, move) in order of time. ControlError names `name` and the line of a move
    that can't be made, also for want of such an input in `wiring`."""
    return parse_timed(text, name, lambda entry: _move(entry, wiring))


def read_moves(path: Path, wiring: Wiring) -> list[tuple[float, Move]]:
    """Return the moves in a file; ControlError or FileError names file and line."""
    return parse_moves(read_text(path, MAX_BYTES), str(path), wiring)


def _move(entry: dict[str, Any], wiring: Wiring) -> Move:
    if set(entry) != {"t", "wire", "value"}:
        raise ControlError("expected the keys t, wire, value")
    try:
        wire = parse_wire(str(entry["wire"]))
    except ConfigError as error:
        raise ControlError(f"'wire' is {entry['wire']!r}: {error}") from None
    if (wire.kind, wire.numbers) not in _inputs(wiring):
        raise ControlError(f"no input is wired to {entry['wire']}; see [gpio] in the configuration")
    return Move(wire, _value(entry["value"], wire))


def _inputs(wiring: Wiring) -> set[tuple[str, tuple[int, ...]]]:
    """Return (kind, numbers) of each wire that a hand can move."""
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
