"""Two bars played on pads: hits and their times in, a beat's code out. Pure.

While the transport plays, hits fall on its grid, and the two bars begin with the bar of the
first hit. While it is stopped the first hit is the one, at the present tempo.
"""

from collections import Counter
from collections.abc import Callable

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Code
from drumatlas.beat.drums import unvoiced_line
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.timeline import STEP_TICKS

FEWEST = 4  # hits; less is a slip of the hand
# Steps after which all hits of the two bars are in: behind the middle between the last step and
# the next, and early enough for the new beat to come in right after.
_OVER = STEPS - 0.25
SHOWN_NS = 20_000_000_000  # that notes without a voice are shown after the last of them


class Pads:
    """Collects hits, two bars at a time."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self._code = [0] * STEPS
        self._hits = 0
        self._place: Callable[[int], float] | None = None  # time -> steps since the first bar
        self._plays = False

    def hit(self, bit: int, at_ns: int) -> Code | None:
        """Voice `bit` was struck; gives the two bars before, if this hit begins the next."""
        done = self._finish() if self._place and not 0 <= self._step(at_ns) < STEPS else None
        if self._place is None:
            self._begin(at_ns)
        step = self._step(at_ns)
        if 0 <= step < STEPS:  # else the transport has jumped between two looks
            self._code[step] |= 1 << bit
            self._hits += 1
        return done

    def tick(self, now_ns: int) -> Code | None:
        """Let time pass; gives the two bars when they are over, or the transport has stopped."""
        if self._place is None:
            return None
        place = self._place(now_ns)
        has_stopped = self._plays and not self._sequencer.is_playing
        return self._finish() if has_stopped or place >= _OVER or place < -1 else None

    def _begin(self, at_ns: int) -> None:
        self._plays = self._sequencer.is_playing
        if self._plays:
            step = round(self._sequencer.tick_at(at_ns) / STEP_TICKS)
            first = step // STEPS_PER_BAR * STEPS_PER_BAR
            self._place = lambda ns: self._sequencer.tick_at(ns) / STEP_TICKS - first
        else:
            step_ns = 15e9 / self._sequencer.bpm
            self._place = lambda ns: (ns - at_ns) / step_ns

    def _step(self, at_ns: int) -> int:
        return round(self._place(at_ns)) if self._place else 0

    def _finish(self) -> Code | None:
        code, hits = self._code, self._hits
        self._code, self._hits, self._place = [0] * STEPS, 0, None
        if hits < FEWEST:
            return None
        if not any(code[STEPS_PER_BAR:]):
            code = code[:STEPS_PER_BAR] * 2  # one bar is played twice
        return tuple(code)


class Unvoiced:
    """Notes that were played and have no voice, to be shown: none is lost in silence."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._last_ns = 0

    def hit(self, key: int, at_ns: int) -> None:
        """Count a note that has no voice."""
        self._counts[key] += 1
        self._last_ns = at_ns

    def fault(self, now_ns: int) -> str:
        """Return the line to show, and forget the notes when it was shown for long enough."""
        if self._counts and now_ns - self._last_ns > SHOWN_NS:
            self._counts.clear()
        line = unvoiced_line(self._counts)
        return f"pads: {line}; voices.*.note in the configuration gives them one" if line else ""
