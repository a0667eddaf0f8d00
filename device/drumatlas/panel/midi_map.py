"""What MIDI messages mean to us: controllers, notes, channel; and learning controllers. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drumatlas.beat.voices import BIT_OF_NOTE
from drumatlas.explore.control import Control
from drumatlas.explore.controls import CONTROLS, Change, Press

# The configuration lists controllers in the order in which their numbers were given out, values
# first: general purpose 1-4, then numbers that MIDI 1.0 leaves undefined.
_GIVEN_OUT = (*range(16, 28), *range(85, 91), 28, 29, *range(102, 120), 9, 3)


def numbers(controls: Iterable[Control]) -> dict[str, int]:
    """Return the MIDI controller (0..119) of each control, by name."""
    order = {number: i for i, number in enumerate(_GIVEN_OUT)}

    def place(control: Control) -> tuple[bool, int]:
        return control.is_button, order.get(control.cc, len(order) + control.cc)

    return {control.name: control.cc for control in sorted(controls, key=place)}


DEFAULT_CC = numbers(CONTROLS)


@dataclass(frozen=True, slots=True)
class MidiMap:
    """`channel` 1..16, or 0 for all; `controls` by controller 0..119; the voice (bit) that each
    note plays as a pad, none where pads are off."""

    channel: int = 0
    controls: Mapping[int, str] = field(
        default_factory=lambda: {number: name for name, number in DEFAULT_CC.items()}
    )
    pads: Mapping[int, int] = field(default_factory=lambda: BIT_OF_NOTE)

    def hears(self, status: int) -> bool:
        """Whether a message with this status byte is for us."""
        return 0x80 <= status < 0xF0 and self.channel in {0, (status & 0x0F) + 1}


class Learn:
    """Binds a controller to a control: armed by the button, then the next control that is
    touched and the next controller that moves, in either order. Pressed again, it forgets it."""

    def __init__(self) -> None:
        self.learned: dict[int, str] = {}
        self.is_armed = False
        self._name = ""
        self._number: int | None = None

    def touch(self, change: Change) -> None:
        """A control was moved, or a button pressed."""
        name = change.button if isinstance(change, Press) else change.control
        if name == "learn":
            self.is_armed = not self.is_armed
            self._name, self._number = "", None
        elif self.is_armed:
            self._name = name
            self._bind()

    def hear(self, number: int) -> None:
        """Controller `number` moved."""
        if self.is_armed:
            self._number = number
            self._bind()

    def disarm(self) -> None:
        """It was used for something else."""
        self.is_armed = False

    def _bind(self) -> None:
        if self._name and self._number is not None:
            kept = {n: name for n, name in self.learned.items() if name != self._name}
            self.learned = {**kept, self._number: self._name}
            self.is_armed = False
