import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumatlas.errors import ConfigError
from drumatlas.panel.calibrate import calibration_from, find_chip_fault, find_fault
from drumatlas.panel.conditioning import COUNT, Calibration, Conditioner


def readings(places: list[float], noise: int, seed: int = 0) -> list[float]:
    rng = random.Random(seed)
    return [min(max(round(p * 1023 + rng.uniform(-noise, noise)), 0), 1023) / 1023 for p in places]


@given(
    low=st.floats(0, 0.3),
    high=st.floats(0.7, 1),
    rest=st.floats(0.1, 0.9),
    noise=st.integers(0, 8),
    is_swapped=st.booleans(),
)
def test_a_measured_calibration_reaches_both_ends_and_rest(
    low: float, high: float, rest: float, noise: int, is_swapped: bool
) -> None:
    """With its own calibration an input reaches 0 and 1, and its noise changes nothing."""
    assume(low + 0.1 < low + rest * (high - low) < high - 0.1)
    centre = low + rest * (high - low)
    sweep = [low + (high - low) * i / 200 for i in range(201)]
    before = Calibration(1.0, 0.0) if is_swapped else Calibration()
    still = readings([centre] * 300, noise, 1)
    moving = readings([*sweep, *sweep[::-1]], noise)
    calibration = calibration_from(moving, still, before, is_stick=True)
    assert (calibration.low > calibration.high) is is_swapped
    assert calibration.centre == pytest.approx(centre, abs=(noise + 1) * COUNT)
    stick = Conditioner(calibration, 1.5)
    values = [stick(x, i * 10_000_000) for i, x in enumerate(still)]
    assert set(values) == {0.5}
    for end, value in ((low, is_swapped), (high, not is_swapped)):
        knob = Conditioner(calibration)
        for i in range(300):
            seen = knob(end, i * 10_000_000)
        assert seen == float(value)


@pytest.mark.parametrize(
    ("moving", "still", "words"),
    [
        ([], [], "does not answer"),
        ([0.0, 1.0] * 20, [], "does not answer"),
        ([0.4] * 50, [0.4] * 50, r"not turned.*0\.40\.\.0\.40"),
        ([0.0, 0.0, 1.0, 1.0], [0.1, 0.7, 0.3], "floating"),
    ],
)
def test_an_input_that_can_not_be_measured_is_refused_with_the_reason(
    moving: list[float], still: list[float], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        calibration_from(moving, still, Calibration(), is_stick=False)


def test_floating_and_unpowered_inputs_are_doubted() -> None:
    assert find_fault([0.5, 0.508]) == ""
    assert "floating" in find_fault([0.2, 0.4])
    assert "powered" in find_chip_fault({"a": [0.0, 0.0], "b": [0.0]})
    assert find_chip_fault({"a": [0.0], "b": [1.0]}) == ""
    assert find_chip_fault({"a": [0.0]}) == ""  # one knob may stand there
