"""How good a MIDI clock is: tempo, jitter, clocks that are missing or bunched. Pure.

Feed it every message that is heard; ask for a report at any time. Phase errors are distances of
clocks from an even grid (see clock_grid.py), which is laid anew at Start and Continue and after at
most GRID_CLOCKS clocks or so, so that a long and a short listening compare. A tempo that moves
slowly shows as phase error.

Memory is bounded however long it listens: the clocks of the grid that is not full yet (at most
2 * GRID_CLOCKS), the errors of the last KEPT clocks for percentiles, and counts and the largest
errors of all.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from drumatlas.play.clock_grid import Floats, Grid, Survey, survey
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP, is_note, is_note_on
from drumatlas.play.leader_clock import LeaderClock
from drumatlas.play.transport import PPQN, ns_per_tick

GRID_CLOCKS = 2880  # of one grid: a minute at 120 BPM
KEPT = 100_000  # clocks whose errors are remembered: 35 minutes at 120 BPM

_PACKETS = 0.03  # share of clocks missing or bunched, above which clocks come in packets
_OTHER = 0.01  # relative; ... if a follower hears another tempo than the grid has
_CALM = 0.25  # relative; a grid is closed only where the intervals of two beats differ less
_COUNTED = {START: "starts", CONTINUE: "continues", STOP: "stops"}


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 99th percentile and largest of absolute errors, microseconds."""

    p50: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class ClockReport:
    """What was heard. `bpm` is that of the last grid of a beat or more, or, where clocks
    come in packets, what a follower makes of them, as is `missing` then; it, `phase` and
    `interval` are None until there are enough clocks."""

    clocks: int
    bpm: float | None
    phase: Spread | None
    interval: Spread | None
    missing: int
    bunched: int
    pauses: int
    tempo_changes: int
    counts: dict[str, int] = field(default_factory=dict)


def drift_ppm(bpm: float, wanted_bpm: float) -> float:
    """How much longer the periods of `bpm` are than those of `wanted_bpm`, in millionths:
    above 0 the clock is slow."""
    return (wanted_bpm / bpm - 1) * 1e6


class _Errors:
    """Absolute errors: the last KEPT of them in whole grids, and the largest of all."""

    def __init__(self) -> None:
        self._kept: deque[Floats] = deque()
        self._size = 0
        self._max = 0.0

    def add(self, errors: Floats) -> None:
        self._kept.append(errors)
        self._size += len(errors)
        self._max = max(self._max, float(errors.max()))
        while self._size > KEPT:
            self._size -= len(self._kept.popleft())

    def spread(self, more: Sequence[Floats]) -> Spread | None:
        """Of these and of `more`."""
        parts = [*self._kept, *more]
        if not parts:
            return None
        every = np.concatenate(parts)
        p50, p99 = np.percentile(every, [50, 99]).tolist()
        return Spread(p50, p99, max(self._max, float(every.max())))


class ClockStats:
    """Feed it from one thread."""

    def __init__(self) -> None:
        self._leader = LeaderClock(ns_per_tick(120))
        self._made_up = 0  # clocks that a follower makes up for
        self._open: list[int] = []  # arrivals, ns, of the grid that is not full yet
        self._clocks = 0
        self._closed = Survey()
        self._grid: Grid | None = None  # that told the tempo last
        self._phase, self._interval = _Errors(), _Errors()
        self._counts = dict.fromkeys([*_COUNTED.values(), "note_ons", "note_offs"], 0)

    def feed(self, message: bytes, at_ns: int) -> None:
        """Take one complete MIDI message that arrived at `at_ns` (monotonic ns)."""
        if message == CLOCK:
            self._clock(at_ns)
        elif message in _COUNTED:
            self._counts[_COUNTED[message]] += 1
            if message != STOP:
                self._close()  # the beat is counted from here; the clock may have been shifted
                self._open = []
        elif len(message) == 3 and is_note(message):
            self._counts["note_ons" if is_note_on(message) else "note_offs"] += 1

    def report(self) -> ClockReport:
        """All so far, the open grid included; tells the same if asked again."""
        here = self._survey()
        grids, closed = here.grids, self._closed
        grid = _telling(grids, self._grid)
        bpm, missing = grid.bpm if grid else None, closed.missing + here.missing
        followed = ns_per_tick(1.0) / self._leader.expected().period_ns
        odd = missing + closed.bunched + here.bunched
        if bpm and odd > _PACKETS * self._clocks and abs(followed / bpm - 1) > _OTHER:
            bpm, missing = followed, self._made_up  # the grid is the packets'
        return ClockReport(
            clocks=self._clocks,
            bpm=bpm,
            phase=self._phase.spread([grid.phase_us for grid in grids]),
            interval=self._interval.spread([grid.interval_us for grid in grids]),
            missing=missing,
            bunched=closed.bunched + here.bunched,
            pauses=closed.pauses + here.pauses,
            tempo_changes=closed.tempo_changes + here.tempo_changes,
            counts=dict(self._counts),
        )

    def _clock(self, at_ns: int) -> None:
        self._clocks += 1
        shift, tick = self._leader.take(at_ns)
        self._made_up = max(self._made_up + min(shift, 0) + (tick.ticks - 1 if tick else 0), 0)
        self._open.append(at_ns)
        full = len(self._open) >= GRID_CLOCKS
        if full and (self._is_calm() or len(self._open) >= 2 * GRID_CLOCKS):
            self._close()
            self._open = [at_ns]  # begins the next interval, too

    def _is_calm(self) -> bool:
        """Whether nothing is under way that a cut would part, such as a hole and what fills it."""
        intervals = np.diff(self._open[-2 * PPQN :])
        return bool(intervals.max() * (1 - _CALM) <= intervals.min() * (1 + _CALM))

    def _survey(self) -> Survey:
        return survey(np.array(self._open, np.int64))

    def _close(self) -> None:
        here, closed = self._survey(), self._closed
        for grid in here.grids:
            self._phase.add(grid.phase_us)
            self._interval.add(grid.interval_us)
        self._grid = _telling(here.grids, self._grid)
        self._closed = Survey(
            missing=closed.missing + here.missing,
            bunched=closed.bunched + here.bunched,
            pauses=closed.pauses + here.pauses,
            tempo_changes=closed.tempo_changes + here.tempo_changes,
        )


def _telling(grids: Sequence[Grid], before: Grid | None) -> Grid | None:
    """The grid that tells the tempo: the last one of a beat or more, else what there is."""
    return next(
        (grid for grid in reversed(grids) if grid.clocks >= PPQN),
        before or (grids[-1] if grids else None),
    )
