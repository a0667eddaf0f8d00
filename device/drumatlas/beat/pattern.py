"""Patterns: beats ready to be played. The slow loop computes them, the performer only plays
them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Code

Step = tuple[tuple[int, int], ...]  # (voice bit, velocity 1..127) of each hit, kick first
Cycle = tuple[Step, ...]  # 32 steps


@dataclass(frozen=True, slots=True)
class Touch:
    """When players hit: `late_ns` [16][14] is how much later than the grid (below 0: earlier), by
    16th of a bar and voice; `spread_ns` [14] is how far to each side of that."""

    late_ns: tuple[tuple[int, ...], ...]
    spread_ns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A beat as the performer plays it. `cycles` are its variants (a single one without chaos);
    for each cycle of two bars, the seed decides which one plays. `z` [4] is its place in latent
    space."""

    cycles: tuple[Cycle, ...]
    code: Code = ()
    z: tuple[float, ...] = ()
    genre: str = ""
    moved: float = 0.0  # how far the filter moved the place, in prior deviations
    climate: tuple[float, float] | None = None  # usual tempo (BPM) and swing (0..1) of the place
    touch: Touch | None = None  # for humanize; without it, humanize is purely random


def cycles_of(velocity: NDArray[np.uint8]) -> tuple[Cycle, ...]:
    """Return velocities [n, 32, 14] as n cycles, with voices in order of their bits: the kick
    first."""
    # Only the hits are visited, a tenth of the cells: the slow loop does this on every round.
    rows = velocity.reshape(-1, velocity.shape[-1])
    places, voices = np.nonzero(rows)
    hits = list(zip(voices.tolist(), rows[places, voices].tolist(), strict=True))
    ends = np.searchsorted(places, np.arange(len(rows)), side="right").tolist()
    steps = [tuple(hits[start:end]) for start, end in pairwise([0, *ends])]
    return tuple(tuple(steps[i : i + STEPS]) for i in range(0, len(steps), STEPS))
