"""Calibration of an input from two series of readings, and checks for loose wires. Pure."""

from collections.abc import Mapping, Sequence
from statistics import median

from drumatlas.errors import ConfigError
from drumatlas.panel.conditioning import COUNT, Calibration

MIN_TRAVEL = 0.25  # share of the supply between the ends of a knob that was turned
MAX_REST_NOISE = 0.05  # share of the supply, peak to peak, at rest; a pot stays under 0.01


def calibration_from(
    moving: Sequence[float],
    still: Sequence[float],
    before: Calibration,
    is_stick: bool,
    count: float = COUNT,
) -> Calibration:
    """Return the calibration of an input from readings taken while it moved and while it rested.

    Readings and `count`, the converter's smallest step, are shares of the supply, 0..1. Both series
    give the ends; `still` gives the noise and a stick's centre. If the ends were swapped in
    `before`, they stay swapped.

    Raise ConfigError if the input does not answer, is noisy or was not turned.
    """
    if not moving or not still:
        raise ConfigError("does not answer")
    fault = find_fault(still)
    if fault:
        raise ConfigError(fault)
    low, high = min(*moving, *still), max(*moving, *still)
    if high - low < MIN_TRAVEL:
        raise ConfigError(f"was not turned from end to end ({low:.2f}..{high:.2f})")
    noise = max(still) - min(still) + count
    centre = median(still) if is_stick else (low + high) / 2
    ends = (high, low) if before.low > before.high else (low, high)
    return Calibration(*ends, centre, noise).check()


def find_fault(still: Sequence[float]) -> str:
    """Return why an input at rest looks unconnected; "" if it looks connected."""
    noise = max(still) - min(still)
    if noise > MAX_REST_NOISE:
        return f"is noisy or floating ({noise:.0%} of the supply at rest): is its wiper connected?"
    return ""


def find_chip_fault(readings: Mapping[str, Sequence[float]]) -> str:
    """Return why a converter (input -> readings) looks absent; "" if it looks present."""
    seen = {reading for row in readings.values() for reading in row}
    if len(readings) > 1 and seen in ({0.0}, {1.0}):
        return f"all inputs read {seen.pop():g}: is it powered, and are its bus wires right?"
    return ""
