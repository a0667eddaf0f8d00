"""Inputs that hang in the air, by a model of the converter's sample capacitor."""

from drumatlas.panel.charge import APART, extremes, follows
from drumatlas.panel.fakes import FakeConverter
from hypothesis import given
from hypothesis import strategies as st

LOW, HIGH, CHANNEL = 0, 1, 2
levels = st.floats(0, 1)


def converter(low: float, high: float, level: float) -> FakeConverter:
    one = FakeConverter()
    one.levels[:3] = [low, high, level]
    return one


@given(st.floats(0, 1 - APART), levels, st.floats(0.1, 1))
def test_a_pin_that_nothing_holds_follows_from_wherever_it_is(
    low: float, level: float, keeps: float
) -> None:
    one = converter(low, low + APART, level)
    one.floating.add(CHANNEL)
    one.keeps = keeps
    assert follows(one.read, CHANNEL, LOW, HIGH)


@given(levels, levels, levels)
def test_a_held_pin_does_not_follow(low: float, high: float, level: float) -> None:
    assert not follows(converter(low, high, level).read, CHANNEL, LOW, HIGH)


@given(st.floats(-0.01, 0.01), levels)
def test_a_knob_that_is_being_turned_does_not_follow(speed: float, level: float) -> None:
    one = converter(0.0, 1.0, level)

    def read(channel: int) -> float:
        one.levels[CHANNEL] = min(max(one.levels[CHANNEL] + speed, 0.0), 1.0)
        return one.read(channel)

    assert not follows(read, CHANNEL, LOW, HIGH)


def test_two_pins_that_hang_find_nothing_in_each_other_but_each_by_a_held_one() -> None:
    one = converter(0.0, 1.0, 0.7)
    one.floating |= {HIGH, CHANNEL}
    assert follows(one.read, CHANNEL, LOW, HIGH)
    one = converter(0.1, 0.9, 0.5)
    one.floating |= {LOW, HIGH, CHANNEL}
    assert not follows(one.read, CHANNEL, LOW, HIGH)


def test_the_pair_stands_apart_and_is_not_the_channel_itself() -> None:
    assert extremes({0: 0.0, 1: 0.4, 2: 0.6, 3: 1.0}, 0) == (1, 3)
    assert extremes({0: 0.0, 1: 0.4, 2: 0.6, 3: 1.0}, 3) == (0, 2)
    assert extremes({0: 0.0, 1: 0.6, 2: 1.0}, 0) is None
    assert extremes({0: 0.5}, 0) is None
    assert extremes({}, 0) is None
