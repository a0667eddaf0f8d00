"""What one input reads at its ends, at rest and by noise, from two rows of readings. Pure."""

from collections.abc import Mapping, Sequence
from statistics import median

from drumatlas.errors import ConfigError
from drumatlas.panel.conditioning import COUNT, Calibration

MOVED = 0.25  # of the supply, at least, between the ends of a knob that was turned
FLOATING = 0.05  # of the supply from peak to peak at rest; a pot's wiper stays under 0.01


def measured(
    moving: Sequence[float],
    still: Sequence[float],
    before: Calibration,
    is_stick: bool,
    count: float = COUNT,
) -> Calibration:
    """Return ends from readings while it was `moving`, noise (and a stick's centre) from `still`
    ones; `count` is the converter's smallest step. All are shares of the supply, 0..1.

    An input whose ends were swapped `before` stays swapped. ConfigError says why there is none.
    """
    if not moving or not still:
        raise ConfigError("does not answer")
    why = doubt(still)
    if why:
        raise ConfigError(why)
    low, high = min(*moving, *still), max(*moving, *still)
    if high - low < MOVED:
        raise ConfigError(f"was not turned from end to end ({low:.2f}..{high:.2f})")
    noise = max(still) - min(still) + count
    centre = median(still) if is_stick else (low + high) / 2
    ends = (high, low) if before.low > before.high else (low, high)
    return Calibration(*ends, centre, noise).check()


def doubt(still: Sequence[float]) -> str:
    """Why an input that nobody touches looks unconnected; empty if it does not."""
    noise = max(still) - min(still)
    if noise > FLOATING:
        return f"is noisy or floating ({noise:.0%} of the supply at rest): is its wiper connected?"
    return ""


def chip_doubt(readings: Mapping[str, Sequence[float]]) -> str:
    """Why a whole converter (input -> readings) looks absent; empty if it does not."""
    seen = {reading for row in readings.values() for reading in row}
    if len(readings) > 1 and seen in ({0.0}, {1.0}):
        return f"all inputs read {seen.pop():g}: is it powered, and are its bus wires right?"
    return ""
