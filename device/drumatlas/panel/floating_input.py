"""Detect an input that is not connected although it reads steadily.

The test works on converters such as the MCP3008, whose channels share one sample capacitor (20 pF:
data sheet DS21295, "Analog Inputs"). The capacitor still holds some charge of the last channel when
the next one is switched to it. "The remaining charge on the sample-and-hold capacitor is
transferred into the second channel" and moves an unconnected pin by up to
C_SAMPLE / (C_SAMPLE + C_PIN) of the difference (Microchip's ADC guide, "Channel to Channel
Crosstalk and Error"). A pot of 10 kOhm has at most 2.5 kOhm at its wiper and drains the charge in
0.1 us; at 500 kHz there are 3 us.

How much charge a chip keeps is not specified, and published readings differ. So an input that
follows the charge is not connected (or through more than 100 kOhm), but one that does not follow
may be unconnected, too.
"""

from collections.abc import Callable, Mapping
from statistics import mean

MIN_DIFFERENCE = 0.5  # share of the supply between the two channels that supply the charge
MIN_SHIFT = 0.02  # share of the supply; a connected input moves less (2 %: 20 counts of 1023)
_ROUNDS = 8  # each moves the pin closer to the other channel; a long wire needs several
_AVERAGED = 4  # number of rounds, from the end, whose readings are averaged
_TRIES = 4  # all must agree, or a hand moved the knob


def reference_channels(levels: Mapping[int, float], channel: int) -> tuple[int, int] | None:
    """Return the lowest and the highest channel other than `channel`.

    `levels` maps channels to readings, 0..1. Return None if the two are too close for the test.
    """
    others = {other: level for other, level in levels.items() if other != channel}
    if not others:
        return None
    low, high = min(others, key=others.__getitem__), max(others, key=others.__getitem__)
    return (low, high) if others[high] - others[low] >= MIN_DIFFERENCE else None


def follows(read: Callable[[int], float], channel: int, low: int, high: int) -> bool:
    """Return whether `channel` reads higher after channel `high` than after `low`, every time.

    `read` is the converter's (channel -> 0..1); its OSError is not caught. It is called at most
    128 times.
    """
    for attempt in range(_TRIES):
        # The order alternates, because a hand turning the knob moves it in one direction.
        order = (low, high) if attempt % 2 else (high, low)
        after = {other: _after(read, other, channel) for other in order}
        if after[high] - after[low] <= MIN_SHIFT:
            return False
    return True


def _after(read: Callable[[int], float], other: int, channel: int) -> float:
    """Return the reading of `channel` right after `other`, averaged."""
    readings = []
    for _ in range(_ROUNDS):
        read(other)
        readings.append(read(channel))
    return mean(readings[-_AVERAGED:])
