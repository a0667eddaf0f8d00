"""Stretches of a recorded clock, some left alone and some attacked, and how they compare."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from drumatlas.play.clock_grid import Floats, survey
from drumatlas.play.clock_stats import ClockReport, ClockStats
from drumatlas.play.events import CLOCK, START

LATE_NS = 30_000_000
LONG = 1.4  # periods
DRAWN = 500  # samples of the bootstrap

Run = list[tuple[int, int]]  # what came in a stretch: when (ns), Start or clock


class ClockStretches:
    """Stretches of clocks, each of which is counted by itself."""

    def __init__(self, runs: list[Run] | None = None) -> None:
        self.runs = runs or []

    def report(self) -> ClockReport:
        stats = ClockStats()
        for run in self.runs:
            stats.feed(START, 0)  # what was between two stretches is not missing
            for at_ns, status in run:
                stats.feed(bytes([status]), at_ns)
        return stats.report()

    def distances(self) -> list[Floats]:
        """Each stretch's absolute distances of clocks from an even grid, µs."""
        clocks = [[at_ns for at_ns, status in run if status == CLOCK[0]] for run in self.runs]
        grids = [survey(np.array(run, np.int64)).grids for run in clocks]
        return [np.concatenate([[], *(grid.phase_us for grid in some)]) for some in grids]

    def holes(self) -> list[str]:
        """Say where each stretch with missing clocks has its long gaps: number of the clock, of how
        many, and ms since the one before."""
        said = []
        for run in self.runs:
            if not ClockStretches([run]).report().missing:
                continue
            clocks = [at_ns for at_ns, status in run if status == CLOCK[0]]
            gaps = np.diff(clocks) / 1e6
            long = np.flatnonzero(gaps > LONG * np.median(gaps))
            said += [f"{i + 1} of {len(clocks)} after {gaps[i]:.1f} ms" for i in long.tolist()]
        return said

    def late(self) -> int:
        """Gaps over 30 ms."""
        clocks = [[at_ns for at_ns, status in run if status == CLOCK[0]] for run in self.runs]
        return sum(b - a > LATE_NS for run in clocks for a, b in pairwise(run))


def ratio_of_p99(alone: ClockStretches, attacked: ClockStretches) -> tuple[float, float, float]:
    """Return the p99 under attack over that without, and the interval of 90 % around it."""
    pairs = list(zip(alone.distances(), attacked.distances(), strict=True))
    draw = np.random.default_rng(0)

    def ratio(chosen: Sequence[int]) -> float:
        quiet, loud = (np.concatenate([pairs[i][side] for i in chosen]) for side in (0, 1))
        return float(np.percentile(loud, 99) / np.percentile(quiet, 99))

    drawn = [ratio(draw.integers(len(pairs), size=len(pairs)).tolist()) for _ in range(DRAWN)]
    low, high = np.percentile(drawn, [5, 95]).tolist()
    return ratio(range(len(pairs))), low, high
