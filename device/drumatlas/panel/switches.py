"""Buttons that bounce, and encoders: edges in, presses and steps out. Pure."""

_QUARTERS = 4  # places of the two contacts in a cycle
# Clockwise, contact A closes first: none, A, both, B. By 2 * A + B.
_PLACE = {0b00: 0, 0b10: 1, 0b11: 2, 0b01: 3}

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


class Quadrature:
    """Counts the detents of a rotary encoder from its contacts A and B (True: closed).

    A detent lies where both contacts are open, with two of them to a cycle also where both are
    closed, with four at each place. A step counts once the next detent is reached, so contacts that
    bounce on the way count nothing. The place within a cycle is always known from the contacts, so
    an edge that was missed shifts no detent.
    """

    def __init__(self, detents: int, a: bool, b: bool) -> None:
        self.steps = 0  # since the beginning, clockwise is positive
        self._quarters = _QUARTERS // detents  # from one detent to the next
        place = _PLACE[a << 1 | b]
        # Some encoders with one detent rest where both contacts are closed.
        self._home = 2 if detents == 1 and place == 2 else 0
        self._at = (place - self._home + 2) % _QUARTERS - 2  # quarters from detent 0
        self._way = 1  # the last direction

    def move(self, a: bool, b: bool) -> None:
        """The contacts are so now."""
        by = (_PLACE[a << 1 | b] - self._home - self._at) % _QUARTERS
        if by == 0:
            return
        # Of two quarters at once nobody knows the direction: it goes on as before.
        self._way = {1: 1, 3: -1}.get(by, self._way)
        self._at += self._way * (2 if by == 2 else 1)
        ahead = self._at - self.steps * self._quarters
        if abs(ahead) >= self._quarters:
            self.steps += self._way * (abs(ahead) // self._quarters)


def stepped(value: float, steps: int, per_turn: int) -> float:
    """A control's value after an encoder's `steps`, `per_turn` of which go from 0 to 1."""
    return min(max(round(value + steps / per_turn, 6), 0.0), 1.0)
