"""Beats as codes and as grids, and their properties that do not change under rotation.

A *code* is 32 integers 0..16383, one a step; bit v set = voice v hits. A *grid* is the same as
booleans [32, 14]. Both cover two bars of 4/4 in 16ths.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat import steps as _steps
from drumatlas.beat.voices import VOICES
from drumatlas.errors import BeatError

STEPS, STEPS_PER_BAR = _steps.STEPS, _steps.STEPS_PER_BAR
STEPS_PER_BEAT = _steps.STEPS_PER_BEAT
CODE_LIMIT = 1 << VOICES

Code = tuple[int, ...]
Grid = NDArray[np.bool_]  # [32, 14] or [n, 32, 14]

_BITS = (1 << np.arange(VOICES)).astype(np.uint16)


def check_code(code: Iterable[int]) -> Code:
    """Return `code` as a tuple of 32 ints 0..16383; BeatError if it is not a code."""
    steps = tuple(code)
    if len(steps) != STEPS:
        raise BeatError(f"a beat has {STEPS} steps, this one has {len(steps)}")
    for position, step in enumerate(steps):
        if not 0 <= step < CODE_LIMIT:
            raise BeatError(f"step {position} is {step}; a step is 0..{CODE_LIMIT - 1}")
    return steps


def grids(codes: Sequence[Code] | NDArray[np.uint16]) -> Grid:
    """Return codes [n, 32] as booleans [n, 32, 14]."""
    array = np.asarray(codes, dtype=np.uint16).reshape(-1, STEPS)
    result: Grid = (array[:, :, None] & _BITS) != 0
    return result


def pack(grid: Grid) -> NDArray[np.uint16]:
    """Return booleans [..., 32, 14] as codes [..., 32]."""
    packed: NDArray[np.uint16] = (grid * _BITS).sum(axis=-1, dtype=np.uint16)
    return packed


def _canonical_bytes(code: Sequence[int] | NDArray[np.uint16]) -> bytes:
    # Big-endian, so that bytes compare like the numbers; doubled, so that each rotation is one
    # slice.
    line = np.asarray(code, dtype=">u2").tobytes() * 2
    width = 2 * STEPS
    return min([line[i : i + width] for i in range(0, width, 2)])


def canonical(code: Sequence[int] | NDArray[np.uint16]) -> Code:
    """Return the smallest of the 32 rotations: equal for two beats iff one is a rotation of the
    other."""
    return tuple(np.frombuffer(_canonical_bytes(code), dtype=">u2").tolist())


def rotation_hash(code: Sequence[int] | NDArray[np.uint16]) -> int:
    """Return a 64-bit one-way hash of a beat's rotation class, 0..2**64-1 (BLAKE2b of the canonical
    code).

    The atlas stores these instead of the training beats.
    """
    return int.from_bytes(blake2b(_canonical_bytes(code), digest_size=8).digest(), "little")
