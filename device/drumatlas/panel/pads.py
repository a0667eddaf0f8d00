"""Turn two bars played on pads into the code of a beat. Pure.

While the transport plays, hits are quantised to its grid, and the two bars start with the bar of
the first hit. While it is stopped, the first hit is the one, and the current tempo applies.
"""

from collections import Counter
from collections.abc import Callable

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Code
from drumatlas.beat.drums import unvoiced_line
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.timeline import STEP_TICKS

MIN_HITS = 4  # fewer hits are an accident
# Steps after which the two bars are complete. Later hits round to the next step; it is still early
# enough for the new beat to start with the next bar.
_END = STEPS - 0.25
SHOWN_NS = 20_000_000_000  # how long notes without a voice are shown after the last one


class Pads:
    """Collects the hits of two bars at a time."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self._code = [0] * STEPS
        self._hits = 0
        self._step_at: Callable[[int], float] | None = None  # ns -> steps since the first bar
        self._was_playing = False  # whether the transport played at the first hit

    def hit(self, bit: int, at_ns: int) -> Code | None:
        """Add a hit of voice `bit`. Return the previous two bars if this hit starts new ones."""
        done = self._finish() if self._step_at and not 0 <= self._step(at_ns) < STEPS else None
        if self._step_at is None:
            self._begin(at_ns)
        step = self._step(at_ns)
        if 0 <= step < STEPS:  # else the transport has jumped since the last poll
            self._code[step] |= 1 << bit
            self._hits += 1
        return done

    def tick(self, now_ns: int) -> Code | None:
        """Return the two bars once they are over or the transport has stopped, else None."""
        if self._step_at is None:
            return None
        step = self._step_at(now_ns)
        has_stopped = self._was_playing and not self._sequencer.is_playing
        return self._finish() if has_stopped or step >= _END or step < -1 else None

    def _begin(self, at_ns: int) -> None:
        self._was_playing = self._sequencer.is_playing
        if self._was_playing:
            step = round(self._sequencer.tick_at(at_ns) / STEP_TICKS)
            first = step // STEPS_PER_BAR * STEPS_PER_BAR
            self._step_at = lambda ns: self._sequencer.tick_at(ns) / STEP_TICKS - first
        else:
            step_ns = 15e9 / self._sequencer.bpm
            self._step_at = lambda ns: (ns - at_ns) / step_ns

    def _step(self, at_ns: int) -> int:
        return round(self._step_at(at_ns)) if self._step_at else 0

    def _finish(self) -> Code | None:
        code, hits = self._code, self._hits
        self._code, self._hits, self._step_at = [0] * STEPS, 0, None
        if hits < MIN_HITS:
            return None
        if not any(code[STEPS_PER_BAR:]):
            code = code[:STEPS_PER_BAR] * 2  # repeat a single bar
        return tuple(code)


class UnmappedNotes:
    """Counts the notes that have no voice, so that they can be shown."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._last_ns = 0

    def hit(self, key: int, at_ns: int) -> None:
        """Count a note that has no voice."""
        self._counts[key] += 1
        self._last_ns = at_ns

    def fault(self, now_ns: int) -> str:
        """Return the line to show at `now_ns`, "" for none. Forget notes after SHOWN_NS."""
        if self._counts and now_ns - self._last_ns > SHOWN_NS:
            self._counts.clear()
        line = unvoiced_line(self._counts)
        hint = "set voices.*.note in the configuration to give them one"
        return f"pads: {line}; {hint}" if line else ""
