"""Debounce buttons and decode rotary encoders. Pure."""

_QUARTERS = 4  # states of the two contacts in a cycle
# Phase by 2 * A + B. Clockwise, contact A closes first: none, A, both, B.
_PHASE = {0b00: 0, 0b10: 1, 0b11: 2, 0b01: 3}

DEBOUNCE_NS = 20_000_000  # contacts of panel buttons stop bouncing after 5 to 10 ms


class Debounce:
    """Debounces a contact.

    The first edge counts at once; edges within the next 20 ms are ignored. Calling `settle` again
    after that finds the contact's final state, so no release is lost.
    """

    def __init__(self) -> None:
        self.is_down = False
        self._changed_ns = -DEBOUNCE_NS

    def settle(self, is_down: bool, at_ns: int) -> bool | None:
        """Process the contact's state at `at_ns`. Return the new state if it changed, else None."""
        if is_down == self.is_down or at_ns - self._changed_ns < DEBOUNCE_NS:
            return None
        self.is_down = is_down
        self._changed_ns = at_ns
        return is_down


class Quadrature:
    """Counts the detents of a rotary encoder from its contacts A and B (True: closed).

    With one detent per cycle, it lies where both contacts are open. With two, the other one lies
    where both are closed; with four, there is one in each state. A step counts when the next detent
    is reached, so contacts that bounce on the way count nothing. The contacts always give the
    phase within the cycle, so a missed edge shifts no detent.
    """

    def __init__(self, detents: int, a: bool, b: bool) -> None:
        self.steps = 0  # since the start; clockwise is positive
        self._quarters = _QUARTERS // detents  # from one detent to the next
        phase = _PHASE[a << 1 | b]
        # Some encoders with one detent per cycle rest where both contacts are closed.
        self._home = 2 if detents == 1 and phase == 2 else 0
        self._at = (phase - self._home + 2) % _QUARTERS - 2  # quarters from detent 0
        self._way = 1  # last direction, 1 or -1

    def move(self, a: bool, b: bool) -> None:
        """Count the change to the contacts' new state (True: closed)."""
        by = (_PHASE[a << 1 | b] - self._home - self._at) % _QUARTERS
        if by == 0:
            return
        # The direction of two quarters at once is unknown; assume the last one.
        self._way = {1: 1, 3: -1}.get(by, self._way)
        self._at += self._way * (2 if by == 2 else 1)
        ahead = self._at - self.steps * self._quarters
        if abs(ahead) >= self._quarters:
            self.steps += self._way * (abs(ahead) // self._quarters)


def value_after_steps(value: float, steps: int, per_turn: int) -> float:
    """Return a control's value 0..1 after `steps` of an encoder, `per_turn` of them from 0 to 1."""
    return min(max(round(value + steps / per_turn, 6), 0.0), 1.0)
