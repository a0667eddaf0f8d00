"""What the slow loop hands to the performer: a beat ready to be played, and nothing to compute."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Code

Step = tuple[tuple[int, int], ...]  # (voice bit, velocity 1..127) of each hit, kick first
Cycle = tuple[Step, ...]  # 32 steps


@dataclass(frozen=True, slots=True)
class Touch:
    """When players hit: `late_ns` [16][14] behind the grid (before it, below 0) at each 16th of a
    bar, by voice, and `spread_ns` [14] around that."""

    late_ns: tuple[tuple[int, ...], ...]
    spread_ns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A beat as the performer takes it. `cycles` are its variants (one without chaos); which
    one a cycle of two bars takes is drawn from the seed."""

    cycles: tuple[Cycle, ...]
    code: Code = ()
    z: tuple[float, ...] = ()
    genre: str = ""
    moved: float = 0.0  # how far the filter moved the place, in prior deviations
    genre_away: float = 0.0  # how far the genre's middle is, in prior deviations
    touch: Touch | None = None  # for humanize; without it, it is even


def cycles_of(velocity: NDArray[np.uint8]) -> tuple[Cycle, ...]:
    """Velocities [n, 32, 14] to n cycles; voices in order of their bits, the kick first."""
    # Only the hits are looked at, a tenth of the cells: the slow loop does this at every turn.
    rows = velocity.reshape(-1, velocity.shape[-1])
    places, voices = np.nonzero(rows)
    hits = list(zip(voices.tolist(), rows[places, voices].tolist(), strict=True))
    ends = np.searchsorted(places, np.arange(len(rows)), side="right").tolist()
    steps = [tuple(hits[start:end]) for start, end in pairwise([0, *ends])]
    return tuple(tuple(steps[i : i + STEPS]) for i in range(0, len(steps), STEPS))
