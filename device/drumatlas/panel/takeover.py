"""Soft takeover: how a knob takes effect again after its control was changed elsewhere. Pure.

After a recall, or a change by MIDI, a script or the page, knob and control disagree. *pickup* waits
until the knob passes the control's value. *jump* sets the control to the knob's position at once.
*scale* moves the control in proportion to the knob's remaining range, so both reach the end
together. The names and rules are those of Ableton Live's takeover modes (Live manual, "MIDI and Key
Remote Control": None, Pickup, Value Scaling).
"""

MODES = ("pickup", "jump", "scale")
NEAR = 1 / 128  # share of the range; knob and value agree if they are closer


class Takeover:
    """One knob and one of its controls.

    If `holds` is true, the first move takes effect at once: a fresh box starts with what its knobs
    say. It is false for a control restored from the last session.
    """

    def __init__(self, mode: str = "pickup", holds: bool = True) -> None:
        self._mode = mode
        self._holds = holds
        self._sent: float | None = None  # the value that this knob last set
        self._position: float | None = None  # the knob's position at its last move

    def release(self) -> None:
        """Require takeover again, because the knob or the control was used for something else."""
        self._holds = False
        self._position = None  # so that a jump of the knob does not count as passing the value

    def move(self, position: float, value: float) -> float | None:
        """Move the knob to `position`, while its control is at `value` (both 0..1).

        Return the control's new value, or None while the knob has no effect.
        """
        before, self._position = self._position, position
        if self._sent is not None and abs(value - self._sent) > NEAR:
            self._holds = False  # it was set elsewhere since
        if self._mode == "jump" or self._holds or _meet(before, position, value):
            self._holds = True
            self._sent = position
        elif self._mode == "scale" and before is not None:
            self._sent = _scaled(before, position, value)
        else:
            return None
        return self._sent


def _meet(before: float | None, position: float, value: float) -> bool:
    """Return whether the knob is at the value or has passed it."""
    if abs(position - value) <= NEAR:
        return True
    return before is not None and (before - value) * (position - value) <= 0


def _scaled(before: float, position: float, value: float) -> float:
    """Return the value, moved by the share of its remaining range that the knob has moved by."""
    end = 1.0 if position > before else 0.0
    remaining = abs(end - before)
    share = abs(position - before) / remaining if remaining > 0 else 1.0
    return value + (end - value) * min(share, 1.0)
