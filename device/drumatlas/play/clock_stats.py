"""Quality of a MIDI clock: tempo, jitter, missing and bunched clocks. Pure.

Feed it every message that arrives, and ask for a report at any time. Phase errors are distances of
clocks from an even grid (see clock_grid.py). A new grid begins at Start and Continue, and after
about GRID_CLOCKS clocks, so that short and long measurements are comparable. A tempo that drifts
slowly shows up as phase error.

Memory is bounded however long it runs: it keeps the clocks of the unfinished grid (at most 2 *
GRID_CLOCKS), the errors of the last KEPT clocks for percentiles, and counts and maxima of
everything.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from drumatlas.play.clock_grid import Floats, Grid, Survey, survey
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP, is_note, is_note_on
from drumatlas.play.leader_clock import LeaderClock
from drumatlas.play.timeline import PPQN, ns_per_tick

GRID_CLOCKS = 2880  # in one grid: a minute at 120 BPM
KEPT = 100_000  # clocks whose errors are remembered: 35 minutes at 120 BPM

_PACKETS = 0.03  # share of missing or bunched clocks, above which they come in packets
_OTHER = 0.01  # relative; ... if a follower's tempo differs from the grid's by more
_CALM = 0.25  # relative; a grid ends only where the intervals of two beats differ by less
_COUNTED = {START: "starts", CONTINUE: "continues", STOP: "stops"}


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 99th percentile and largest of absolute errors, microseconds."""

    p50: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class ClockReport:
    """A report on the clocks so far. `bpm` is the tempo of the last grid of a beat or more. Where
    clocks arrive in packets, `bpm` and `missing` are those of a follower instead. `bpm`, `phase`
    and `interval` are None until there are enough clocks."""

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
    """Return by how many millionths the periods of `bpm` are longer than those of `wanted_bpm`. A
    result above 0 means that the clock is slow."""
    return (wanted_bpm / bpm - 1) * 1e6


class _Errors:
    """Absolute errors (µs): those of the last KEPT clocks, in whole grids, and the largest of
    all."""

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
        """Return the spread of these errors and `more`; None if there are none."""
        parts = [*self._kept, *more]
        if not parts:
            return None
        every = np.concatenate(parts)
        p50, p99 = np.percentile(every, [50, 99]).tolist()
        return Spread(p50, p99, max(self._max, float(every.max())))


class ClockStats:
    """Collects statistics. Feed it from one thread."""

    def __init__(self) -> None:
        self._leader = LeaderClock(ns_per_tick(120))
        self._made_up = 0  # clocks that a follower fills in
        self._open: list[int] = []  # arrivals (ns) of the unfinished grid
        self._clocks = 0
        self._closed = Survey()
        self._grid: Grid | None = None  # the source of the tempo
        self._phase, self._interval = _Errors(), _Errors()
        self._counts = dict.fromkeys([*_COUNTED.values(), "note_ons", "note_offs"], 0)

    def feed(self, message: bytes, at_ns: int) -> None:
        """Take one complete MIDI message that arrived at `at_ns` (monotonic ns)."""
        if message == CLOCK:
            self._clock(at_ns)
        elif message in _COUNTED:
            self._counts[_COUNTED[message]] += 1
            if message != STOP:
                self._close()  # the beat is counted from here, and the phase may be new
                self._open = []
        elif len(message) == 3 and is_note(message):
            self._counts["note_ons" if is_note_on(message) else "note_offs"] += 1

    def report(self) -> ClockReport:
        """Return the report so far, including the unfinished grid. Asking changes nothing."""
        here = self._survey()
        grids, closed = here.grids, self._closed
        grid = _telling(grids, self._grid)
        bpm, missing = grid.bpm if grid else None, closed.missing + here.missing
        followed = ns_per_tick(1.0) / self._leader.expected().period_ns
        odd = missing + closed.bunched + here.bunched
        if bpm and odd > _PACKETS * self._clocks and abs(followed / bpm - 1) > _OTHER:
            bpm, missing = followed, self._made_up  # the grid is that of the packets
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
        """Return whether the grid can end here without splitting a gap from the burst that fills
        it."""
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
    """Return the grid that sets the tempo: the last one of a beat or more, else any there is."""
    return next(
        (grid for grid in reversed(grids) if grid.clocks >= PPQN),
        before or (grids[-1] if grids else None),
    )
