"""Rendering: the same engine on a virtual clock, exact and faster than real time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from drumatlas.beat.codes import STEPS
from drumatlas.beat.pattern import Pattern, Step
from drumatlas.beat.tsv import BeatRow
from drumatlas.engine import TICK_NS, Engine
from drumatlas.play.events import Output
from drumatlas.play.leading import START_LEAD_NS


@dataclass(slots=True)
class Cycles:
    """The beats that were played, one row for every two bars. Pass `note` to the sequencer's
    `on_step`."""

    rows: list[BeatRow] = field(default_factory=list)
    _steps: list[int] = field(default_factory=list)
    _start: Pattern | None = None

    def note(self, step: int, pattern: Pattern, hits: Step) -> None:
        """Record one step (16ths since Start)."""
        if step % STEPS == 0:
            self._steps, self._start = [], pattern
        self._steps.append(sum(1 << voice for voice, _ in hits))
        if len(self._steps) == STEPS and self._start is not None:
            labels = (self._start.genre,) if self._start.genre else ()
            row = BeatRow(tuple(self._steps), self._start.z or None, labels=labels)
            self.rows.append(row)


def seconds_of(bars: int, bpm: float) -> float:
    """Return how long `bars` of 4/4 last at `bpm`, in seconds."""
    return bars * 4 * 60 / bpm


def bars_for(seconds: float, bpm: float) -> int:
    """Return the smallest even number of bars that lasts `seconds` at `bpm`."""
    return 2 * max(ceil(seconds / seconds_of(2, bpm)), 1)


def render(engine: Engine, seconds: float, autoplay: bool = True) -> Iterator[Output]:
    """Yield everything that the sequencer gives in `seconds` after Start, then Stop.

    The engine's clock must begin at 0. The end is rounded to the nanosecond, so that n bars end
    just before the first clock of bar n + 1.
    """
    if autoplay:
        engine.sequencer.start()
    end_ns = START_LEAD_NS + round(seconds * 1e9) - 1
    now_ns = 0
    while True:
        until_ns = min(now_ns + TICK_NS, end_ns)
        engine.tick(now_ns, publishes=engine.sequencer.swaps_by(until_ns))
        yield from engine.sequencer.advance(until_ns)
        if until_ns == end_ns:
            break
        now_ns = until_ns
    engine.sequencer.stop()
    yield from engine.sequencer.advance(end_ns)
