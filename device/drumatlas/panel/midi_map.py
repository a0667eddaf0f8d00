"""What MIDI messages mean to us: controllers, notes, channel; and learning controllers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drumatlas.beat.voices import BIT_OF_NOTE
from drumatlas.explore.controls import BUTTONS, VALUES, Change, Press

CONTROLLERS = 120  # 120..127 are channel mode messages
# General purpose 1-4, then numbers that MIDI 1.0 leaves undefined. A control keeps its number for
# good, so those that came later take further ones.
_VALUE_NUMBERS = (*range(16, 28), *range(85, 91), 28, 29)
_BUTTON_NUMBERS = (*range(102, 120), 9, 3)
_LATER = ("accent", "morph_y")
_ORDER = (
    *(name for name in VALUES if "." not in name and name not in _LATER),
    *(name for name in VALUES if "." in name),
    *_LATER,
)
DEFAULT_CC: dict[str, int] = {
    **dict(zip(_ORDER, _VALUE_NUMBERS, strict=True)),
    **dict(zip(BUTTONS, _BUTTON_NUMBERS, strict=True)),
}


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
