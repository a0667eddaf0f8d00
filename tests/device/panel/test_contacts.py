from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.panel.contacts import DEBOUNCE_NS, Debounce, Quadrature, value_after_steps


def test_a_press_counts_at_once_and_its_bouncing_does_not() -> None:
    button = Debounce()
    edges = [(0, True), (1, False), (2, True), (4, False), (5, True), (60, False), (61, True)]
    seen = [button.settle(is_down, ms * 1_000_000) for ms, is_down in edges]
    assert seen == [True, None, None, None, None, False, None]
    assert button.settle(True, 200_000_000) is True


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**8))))
def test_changes_alternate_and_lie_apart_and_the_end_is_never_missed(
    edges: list[tuple[bool, int]],
) -> None:
    button, at_ns, changes = Debounce(), 0, []
    for is_down, gap_ns in edges:
        at_ns += gap_ns
        new = button.settle(is_down, at_ns)
        if new is not None:
            changes.append((at_ns, new))
    assert [new for _, new in changes] == [i % 2 == 0 for i in range(len(changes))]
    assert all(b - a >= DEBOUNCE_NS for (a, _), (b, _) in pairwise(changes))
    if edges:
        button.settle(edges[-1][0], at_ns + DEBOUNCE_NS)
        assert button.is_down is edges[-1][0]


def test_an_encoder_stops_at_the_ends() -> None:
    assert value_after_steps(0.5, 8, 64) == 0.625
    assert value_after_steps(0.1, -30, 64) == 0.0
    assert value_after_steps(0.9, 30, 64) == 1.0
    value = 0.0
    for _ in range(64):
        value = value_after_steps(value, 1, 64)
    assert value == 1.0


CYCLE = ((False, False), (True, False), (True, True), (False, True))  # clockwise


@pytest.mark.parametrize("detents", [1, 2, 4])
@given(turns=st.lists(st.integers(-9, 9)), bounces=st.lists(st.integers(0, 3), min_size=1))
def test_a_detent_is_a_step_either_way_whatever_bounces(
    detents: int, turns: list[int], bounces: list[int]
) -> None:
    encoder, place, wanted, quarters = Quadrature(detents, False, False), 0, 0, 4 // detents
    for turn in turns:
        way = 1 if turn > 0 else -1
        for i in range(abs(turn) * quarters):
            for _ in range(bounces[i % len(bounces)]):  # there, and back
                encoder.move(*CYCLE[(place + way) % 4])
                encoder.move(*CYCLE[place % 4])
            place += way
            encoder.move(*CYCLE[place % 4])
        wanted += turn
        assert encoder.steps == wanted


@pytest.mark.parametrize("detents", [1, 2, 4])
@given(places=st.lists(st.integers(0, 3)))
def test_missed_edges_shift_no_detent(detents: int, places: list[int]) -> None:
    encoder = Quadrature(detents, False, False)
    for place in [*places, 0]:
        encoder.move(*CYCLE[place])
    before = encoder.steps
    for place in (1, 2, 3, 0):
        encoder.move(*CYCLE[place])
    assert encoder.steps == before + detents


def test_an_encoder_may_rest_with_both_contacts_closed() -> None:
    encoder = Quadrature(1, True, True)
    for places, wanted in (((3, 0, 1, 2), 1), ((1, 0, 3, 2), 0), ((1, 0, 3, 2), -1)):
        for place in places:
            encoder.move(*CYCLE[place])
        assert encoder.steps == wanted
