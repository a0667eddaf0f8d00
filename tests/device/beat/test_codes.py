import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import (
    CODE_LIMIT,
    STEPS,
    canonical,
    check_code,
    grids,
    pack,
    rotation_hash,
)
from drumatlas.errors import BeatError
from support.beats import rotate

codes = st.lists(st.integers(0, CODE_LIMIT - 1), min_size=STEPS, max_size=STEPS).map(tuple)
turns = st.integers(-100, 100)


@given(codes)
def test_codes_and_grids_are_inverse(code: tuple[int, ...]) -> None:
    grid = grids([code])
    assert grid.shape == (1, 32, 14)
    assert tuple(pack(grid)[0].tolist()) == code


def test_bit_v_of_a_step_is_voice_v() -> None:
    code = (0,) * 5 + (0b10_0000_0000_0001,) + (0,) * 26
    assert np.argwhere(grids([code])[0]).tolist() == [[5, 0], [5, 13]]


@given(codes, turns)
def test_rotations_share_canonical_and_hash(code: tuple[int, ...], turn: int) -> None:
    turned = rotate(code, turn)
    assert canonical(turned) == canonical(code)
    assert rotation_hash(turned) == rotation_hash(code)


@given(codes)
def test_canonical_is_the_smallest_rotation(code: tuple[int, ...]) -> None:
    assert canonical(code) == min(rotate(code, turn) for turn in range(STEPS))


@given(codes, codes)
def test_other_classes_have_other_hashes(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    assert (rotation_hash(a) == rotation_hash(b)) == (canonical(a) == canonical(b))


def test_hash_is_the_same_for_good() -> None:
    # Atlases on disk hold these numbers: they may never change.
    assert rotation_hash((1,) + (0,) * 31) == 4744252240837192781
    assert 0 <= rotation_hash((0,) * 32) < 2**64


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ((0,) * 31, "31"),
        ((0,) * 33, "33"),
        ((-1,) + (0,) * 31, "step 0"),
        ((0,) * 31 + (16384,), "31"),
    ],
)
def test_wrong_codes_are_refused(code: tuple[int, ...], words: str) -> None:
    with pytest.raises(BeatError, match=words):
        check_code(code)
