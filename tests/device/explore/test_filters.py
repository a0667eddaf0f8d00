from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import rotation_hash
from drumatlas.explore.filters import BeatFilter, entropy
from support.beats import rotate

few = st.integers(0, 3)
beats = st.lists(few, min_size=32, max_size=32).map(tuple)


def by_definition(code: tuple[int, ...]) -> float:
    return -sum(n / 32 * log(n / 32) for n in Counter(code).values())


@given(st.lists(beats, min_size=1, max_size=4))
def test_entropy_by_its_definition(codes: list[tuple[int, ...]]) -> None:
    assert entropy(codes) == pytest.approx([by_definition(code) for code in codes])


@given(beats, st.integers(0, 31))
def test_rotation_changes_no_decision(code: tuple[int, ...], turn: int) -> None:
    barred = BeatFilter([rotation_hash(rotate(code, turn))])
    assert not barred.passes([code])[0]
    assert BeatFilter().passes([code])[0] == (by_definition(code) >= 0.9)
    assert barred.passes([code], novelty=False)[0] == BeatFilter().passes([code])[0]


def test_the_edge_of_the_entropy_rule() -> None:
    # Of all ways to divide 32 steps among codes, the entropies next to 0.9 nats, below and above.
    below = (0,) * 19 + (1,) * 10 + (2,) * 3
    above = (0,) * 20 + (1,) * 8 + (2,) * 4
    assert 0.8949 < by_definition(below) < 0.9 < by_definition(above) < 0.9003
    assert BeatFilter().passes([below, above]).tolist() == [False, True]


def test_known_set_may_be_empty_or_repeat() -> None:
    code = tuple(range(32))
    assert not BeatFilter([]).is_known(code)
    hashes = np.array([rotation_hash(code)] * 2 + [0, 2**64 - 1], np.uint64)
    assert BeatFilter(hashes).is_known(rotate(code, 5))
    assert not BeatFilter(hashes).is_known(tuple(range(1, 33)))
