"""What the slow loop hands to the performer: a beat ready to be played, and nothing to compute."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Code

Step = tuple[tuple[int, int], ...]  # (voice bit, velocity 1..127) of each hit, kick first
Cycle = tuple[Step, ...]  # 32 steps


@dataclass(frozen=True, slots=True)
class Pattern:
    """A beat as the performer takes it. `cycles` are its variants (one without chaos); which
    one a cycle of two bars takes is drawn from the seed."""

    cycles: tuple[Cycle, ...]
    code: Code = ()
    z: tuple[float, ...] = ()
    genre: str = ""
    moved: float = 0.0  # how far the filter moved the place, in prior deviations


def cycles_of(velocity: NDArray[np.uint8]) -> tuple[Cycle, ...]:
    """Velocities [n, 32, 14] to n cycles; voices in order of their bits, the kick first."""
    cycles: list[list[list[tuple[int, int]]]] = [[[] for _ in range(STEPS)] for _ in velocity]
    # Only the hits are looked at: a tenth of the cells.
    places = np.nonzero(velocity)
    loud = velocity[places].tolist()
    for n, step, voice, one in zip(*(axis.tolist() for axis in places), loud, strict=True):
        cycles[n][step].append((voice, one))
    return tuple(tuple(tuple(step) for step in cycle) for cycle in cycles)
