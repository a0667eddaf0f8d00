"""Unconnected inputs, with a model of the converter's sample capacitor."""

from hypothesis import given
from hypothesis import strategies as st

from drumatlas.panel.fake_board import FakeConverter
from drumatlas.panel.floating_input import MIN_DIFFERENCE, follows, reference_channels

LOW, HIGH, CHANNEL = 0, 1, 2
levels = st.floats(0, 1)


def converter(low: float, high: float, level: float) -> FakeConverter:
    one = FakeConverter()
    one.levels[:3] = [low, high, level]
    return one


@given(st.floats(0, 1 - MIN_DIFFERENCE), levels, st.floats(0.1, 1))
def test_an_unconnected_pin_follows_from_any_level(low: float, level: float, keeps: float) -> None:
    one = converter(low, low + MIN_DIFFERENCE, level)
    one.floating.add(CHANNEL)
    one.keeps = keeps
    assert follows(one.read, CHANNEL, LOW, HIGH)


@given(levels, levels, levels)
def test_a_connected_pin_does_not_follow(low: float, high: float, level: float) -> None:
    assert not follows(converter(low, high, level).read, CHANNEL, LOW, HIGH)


@given(st.floats(-0.01, 0.01), levels)
def test_a_knob_being_turned_does_not_follow(speed: float, level: float) -> None:
    one = converter(0.0, 1.0, level)

    def read(channel: int) -> float:
        one.levels[CHANNEL] = min(max(one.levels[CHANNEL] + speed, 0.0), 1.0)
        return one.read(channel)

    assert not follows(read, CHANNEL, LOW, HIGH)


def test_unconnected_pins_are_found_by_connected_ones_only() -> None:
    one = converter(0.0, 1.0, 0.7)
    one.floating |= {HIGH, CHANNEL}
    assert follows(one.read, CHANNEL, LOW, HIGH)
    one = converter(0.1, 0.9, 0.5)
    one.floating |= {LOW, HIGH, CHANNEL}
    assert not follows(one.read, CHANNEL, LOW, HIGH)


def test_reference_channels_differ_and_exclude_the_tested_one() -> None:
    assert reference_channels({0: 0.0, 1: 0.4, 2: 0.6, 3: 1.0}, 0) == (1, 3)
    assert reference_channels({0: 0.0, 1: 0.4, 2: 0.6, 3: 1.0}, 3) == (0, 2)
    assert reference_channels({0: 0.0, 1: 0.6, 2: 1.0}, 0) is None
    assert reference_channels({0: 0.5}, 0) is None
    assert reference_channels({}, 0) is None
