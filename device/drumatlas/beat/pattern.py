"""What the slow loop hands to the performer: a beat ready to be played, and nothing to compute."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Code

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


def cycle_of(velocity: NDArray[np.uint8]) -> Cycle:
    """Velocities [32, 14] to steps; voices in order of their bits, so the kick comes first."""
    return tuple(
        tuple((voice, loud) for voice, loud in enumerate(step) if loud)
        for step in velocity.tolist()
    )
