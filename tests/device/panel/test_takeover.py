import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.panel.takeover import NEAR, Takeover

SHARES = st.floats(0, 1)


def recalled(mode: str, knob: float) -> Takeover:
    """A takeover whose knob stands at `knob` while its control was set to something else."""
    takeover = Takeover(mode)
    assert takeover.move(knob, 0.123) == knob
    return takeover


def test_the_first_move_takes_hold_unless_the_box_was_restored() -> None:
    assert Takeover().move(0.2, 0.9) == 0.2
    assert Takeover(holds=False).move(0.2, 0.9) is None


def test_pickup_waits_until_the_knob_goes_past_the_value() -> None:
    takeover = recalled("pickup", 0.2)
    assert takeover.move(0.4, 0.7) is None
    assert takeover.move(0.6, 0.7) is None
    assert takeover.move(0.8, 0.7) == 0.8
    assert takeover.move(0.3, 0.8) == 0.3


def test_pickup_from_above_and_by_coming_close() -> None:
    takeover = recalled("pickup", 0.9)
    assert takeover.move(0.8, 0.5) is None
    assert takeover.move(0.5 + NEAR / 2, 0.5) == 0.5 + NEAR / 2


def test_jump_takes_the_knob_as_it_stands() -> None:
    assert recalled("jump", 0.2).move(0.3, 0.9) == 0.3


def test_scale_meets_at_the_end() -> None:
    takeover = recalled("scale", 0.5)
    # Half of the knob's way that was left: half of the control's.
    assert takeover.move(0.75, 0.2) == pytest.approx(0.6)
    assert takeover.move(1.0, 0.6) == 1.0
    assert takeover.move(0.5, 1.0) == 0.5


def test_a_knob_that_moved_something_else_must_be_picked_up() -> None:
    takeover = recalled("pickup", 0.2)
    takeover.release()
    assert takeover.move(0.9, 0.2) is None
    assert takeover.move(0.5, 0.2) is None
    assert takeover.move(0.1, 0.2) == 0.1
    takeover.release()
    assert takeover.move(0.1 + NEAR, 0.1) == 0.1 + NEAR  # not moved meanwhile, or hardly


@given(st.lists(SHARES, min_size=2, max_size=20), SHARES)
def test_pickup_never_jumps(moves: list[float], value: float) -> None:
    """However the knob moves, the control changes by no more than the knob's own move."""
    takeover = Takeover("pickup", holds=False)
    before: float | None = None
    for position in moves:
        new = takeover.move(position, value)
        if new is not None:
            way = NEAR if before is None else abs(position - before) + NEAR
            assert abs(new - value) <= way
            value = new
        before = position


@given(st.lists(SHARES, min_size=1, max_size=20), SHARES)
def test_scale_stays_in_range_and_goes_the_knobs_way(moves: list[float], value: float) -> None:
    takeover = Takeover("scale", holds=False)
    before = 0.5
    takeover.move(before, value)
    for position in moves:
        new = takeover.move(position, value)
        if new is not None:
            assert 0 <= new <= 1
            assert (new - value) * (position - before) >= -NEAR
            value = new
        before = position


@given(st.sampled_from(["pickup", "scale"]), SHARES)
def test_both_ends_always_bring_the_knob_back(mode: str, value: float) -> None:
    takeover = Takeover(mode, holds=False)
    takeover.move(0.5, value)
    for position in (0.0, 1.0):
        value = takeover.move(position, value) or value
    assert takeover.move(0.4, value) == 0.4
