"""Buttons that bounce, and encoders: edges in, presses and steps out. Pure."""

DEBOUNCE_NS = 20_000_000  # contacts of panel buttons rest after 5 to 10 ms


class Debounce:
    """The first edge counts at once, what follows within 20 ms is the contact's bouncing; where
    the contact then rests is looked at again by `settle`, so that no release is lost."""

    def __init__(self) -> None:
        self.is_down = False
        self._changed_ns = -DEBOUNCE_NS

    def settle(self, is_down: bool, at_ns: int) -> bool | None:
        """The contact is closed or not at `at_ns`; returns the new state if it changed."""
        if is_down == self.is_down or at_ns - self._changed_ns < DEBOUNCE_NS:
            return None
        self.is_down = is_down
        self._changed_ns = at_ns
        return is_down


def stepped(value: float, steps: int, per_turn: int) -> float:
    """A control's value after an encoder's `steps`, `per_turn` of which go from 0 to 1."""
    return min(max(round(value + steps / per_turn, 6), 0.0), 1.0)
