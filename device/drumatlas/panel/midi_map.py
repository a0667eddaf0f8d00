"""The MIDI map (channel, controllers, pads), and learning new controllers. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drumatlas.beat.voices import BIT_OF_NOTE
from drumatlas.explore.control import Control
from drumatlas.explore.controls import CONTROLS, Change, Press

# The configuration lists controllers in this order, values before buttons: general purpose 1-4,
# then the numbers that MIDI 1.0 leaves undefined, in the order in which they were assigned.
_CC_ORDER = (*range(16, 28), *range(85, 91), 28, 29, *range(102, 120), 9, 3)


def cc_numbers(controls: Iterable[Control]) -> dict[str, int]:
    """Return the MIDI controller (0..119) of each control, by name."""
    order = {number: i for i, number in enumerate(_CC_ORDER)}

    def rank(control: Control) -> tuple[bool, int]:
        return control.is_button, order.get(control.cc, len(order) + control.cc)

    return {control.name: control.cc for control in sorted(controls, key=rank)}


DEFAULT_CC = cc_numbers(CONTROLS)


@dataclass(frozen=True, slots=True)
class MidiMap:
    """The assignment of MIDI messages.

    `channel` is 1..16, or 0 for all. `controls` maps controllers 0..119 to control names. `pads`
    maps notes to voices (bits); it is empty if pads are off.
    """

    channel: int = 0
    controls: Mapping[int, str] = field(
        default_factory=lambda: {number: name for name, number in DEFAULT_CC.items()}
    )
    pads: Mapping[int, int] = field(default_factory=lambda: BIT_OF_NOTE)

    def accepts(self, status: int) -> bool:
        """Return whether a message with this status byte is on our channel."""
        return 0x80 <= status < 0xF0 and self.channel in {0, (status & 0x0F) + 1}


class Learn:
    """Binds a MIDI controller to a control.

    The learn button arms it. The next control used and the next controller moved, in either order,
    are then bound. Pressing the button again cancels.
    """

    def __init__(self) -> None:
        self.learned: dict[int, str] = {}
        self.is_armed = False
        self._name = ""
        self._number: int | None = None

    def control_used(self, change: Change) -> None:
        """Handle a change of a control or button."""
        name = change.button if isinstance(change, Press) else change.control
        if name == "learn":
            self.is_armed = not self.is_armed
            self._name, self._number = "", None
        elif self.is_armed:
            self._name = name
            self._bind()

    def controller_moved(self, number: int) -> None:
        """Handle a movement of MIDI controller `number`."""
        if self.is_armed:
            self._number = number
            self._bind()

    def disarm(self) -> None:
        """Cancel learning."""
        self.is_armed = False

    def _bind(self) -> None:
        if self._name and self._number is not None:
            others = {n: name for n, name in self.learned.items() if name != self._name}
            self.learned = {**others, self._number: self._name}
            self.is_armed = False
