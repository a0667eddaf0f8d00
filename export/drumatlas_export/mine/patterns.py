"""Find where a drum track repeats exactly, or cut it into two-bar windows where it doesn't.

If S[i] == S[i + 32] holds for 32·(r-1) steps in a row, a pattern of 32 steps is played r times.
Finding such runs is exact and takes linear time, without heuristics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Code
from drumatlas.beat.grid import Region, misfit_reason
from drumatlas.explore.filters import BeatFilter

PAUSE = STEPS_PER_BAR  # steps without a hit that end a section


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern in the phase it has in the music. `refusal` says why it is not a beat, or is ''.

    `steps` [start, stop) is its place in its region. A journal does not hold it, and patterns are
    equal wherever they stand.
    """

    code: Code
    error: float  # mean quantisation error in steps
    repeats: int  # times in a row; 1 for a window
    refusal: str = ""
    steps: tuple[int, int] = field(default=(0, 0), compare=False)


def sections(codes: NDArray[np.uint16]) -> Iterator[tuple[int, int]]:
    """Yield the ranges [start, stop) of steps between pauses of a bar or more."""
    hits = np.flatnonzero(codes)
    if not len(hits):
        return
    breaks = np.flatnonzero(np.diff(hits) > PAUSE)
    starts = [int(hits[0]), *(int(i) for i in hits[breaks + 1])]
    stops = [*(int(i) + 1 for i in hits[breaks]), int(hits[-1]) + 1]
    yield from zip(starts, stops, strict=True)


def downbeat(start: int) -> int:
    """Return the first step >= `start` that is in phase with the bar line nearest to `start`.

    The nearest bar line, not the next: a run often begins a step or two after its bar line, because
    a crash marks the first downbeat, or before it, because the bar before ends the same way.
    """
    place = STEPS_PER_BAR * round(start / STEPS_PER_BAR)
    return place if place >= start else place + STEPS


def _judge(region: Region, place: int, stop: int, repeats: int) -> Found:
    steps = region.codes[place : place + STEPS].tolist()
    code = (*steps, *[0] * (STEPS - len(steps)))  # pad with rests at the end of the music
    error, triplet_error = region.misfit(place, stop)
    return Found(code, error, repeats, misfit_reason(error, triplet_error), (place, stop))


def repeated(region: Region, repeats: int) -> Iterator[Found]:
    """Yield every pattern that is played at least `repeats` times in a row between two pauses."""
    need = STEPS * (repeats - 1)
    # A beat may begin or end with a rest, so the pauses around a section belong to it.
    codes = np.zeros(len(region.codes) + 2 * PAUSE, np.uint16)
    codes[PAUSE:-PAUSE] = region.codes
    for first_hit, end in sections(region.codes):
        start, stop = first_hit - PAUSE, end + PAUSE
        part = codes[start + PAUSE : stop + PAUSE]
        if len(part) < need + STEPS:
            continue
        same = np.concatenate(([False], part[:-STEPS] == part[STEPS:], [False]))
        edges = np.flatnonzero(np.diff(same.astype(np.int8))).reshape(-1, 2)
        for first, last in edges:
            if last - first >= need:
                begin = start + int(first)
                if not part[first : last + STEPS].any():
                    continue
                times = int(last - first) // STEPS + 1
                yield _judge(
                    region, downbeat(max(begin, 0)), begin + int(last - first) + STEPS, times
                )


def windows(region: Region) -> Iterator[Found]:
    """Yield every two bars from the region's first downbeat on, if both bars have hits."""
    for place in range(0, len(region.codes) - STEPS_PER_BAR, STEPS):
        found = _judge(region, place, place + STEPS, 1)
        if any(found.code[:STEPS_PER_BAR]) and any(found.code[STEPS_PER_BAR:]):
            yield found


def lively(found: Sequence[Found], min_entropy: float) -> list[bool]:
    """Return for each pattern whether its entropy is at least `min_entropy` nats."""
    if not found:
        return []
    which = BeatFilter(min_entropy=min_entropy).lively([one.code for one in found])
    result: list[bool] = which.tolist()
    return result
