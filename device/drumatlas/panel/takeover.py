"""Soft takeover: how a knob that stands elsewhere gets hold of its control again. Pure.

After a recall (or a change from MIDI, a script, the page) knob and control disagree. *pickup*
waits until the knob comes by the control's value; *jump* takes the knob's place at once; *scale*
moves the control by the share of the way that the knob still has to its end, so that both meet
there. The names and rules are Ableton Live's takeover modes (Live manual, "MIDI and Key Remote
Control": None, Pickup, Value Scaling).
"""

MODES = ("pickup", "jump", "scale")
NEAR = 1 / 128  # of the way: closer than that they agree


class Takeover:
    """One knob and one of its controls. The first move ever takes hold by itself, unless told
    to wait: a box that starts plays what its knobs say, one that was restored does not."""

    def __init__(self, mode: str = "pickup", holds: bool = True) -> None:
        self._mode = mode
        self._holds = holds
        self._sent: float | None = None  # what the control was last set to from here
        self._position: float | None = None  # of the knob, at its last move

    def release(self) -> None:
        """Let go: the knob was used for something else meanwhile, or the control was."""
        self._holds = False
        self._position = None  # it comes back from anywhere, not past the value

    def move(self, position: float, value: float) -> float | None:
        """The knob moved to `position`; the control stands at `value` (both 0..1).

        Returns the control's new value, or None as long as the knob waits.
        """
        before, self._position = self._position, position
        if self._sent is not None and abs(value - self._sent) > NEAR:
            self._holds = False  # someone else has set it since
        if self._mode == "jump" or self._holds or _meet(before, position, value):
            self._holds = True
            self._sent = position
        elif self._mode == "scale" and before is not None:
            self._sent = _scaled(before, position, value)
        else:
            return None
        return self._sent


def _meet(before: float | None, position: float, value: float) -> bool:
    """Whether the knob is at the value, or went past it."""
    if abs(position - value) <= NEAR:
        return True
    return before is not None and (before - value) * (position - value) <= 0


def _scaled(before: float, position: float, value: float) -> float:
    """The value after its share of the way to the end that the knob moves towards."""
    end = 1.0 if position > before else 0.0
    left = abs(end - before)
    share = abs(position - before) / left if left > 0 else 1.0
    return value + (end - value) * min(share, 1.0)
