"""Whether an input hangs in the air, though it reads steadily: by the charge that the channel
read before it left in the converter.

For the MCP3008: all channels share one sample capacitor (20 pF: data sheet DS21295, "Analog
Inputs"), which still holds some of the last channel's charge when the next is switched to it.
"The remaining charge on the sample-and-hold capacitor is transferred into the second channel",
and moves a pin that nothing holds by up to C_SAMPLE / (C_SAMPLE + C_PIN) of the difference
(Microchip's ADC guide, "Channel to Channel Crosstalk and Error"). A pot of 10 kOhm has at most
2.5 kOhm at its wiper and takes the charge away in 0.1 us, of 3 us that are there at 500 kHz.

How much a chip keeps is not specified, and published readings differ: what follows is not
connected (or by more than 100 kOhm), but what does not follow may hang in the air all the same.
"""

from collections.abc import Callable, Mapping
from statistics import mean

APART = 0.5  # of the supply, at least, between the two channels that leave their charge
FOLLOWS = 0.02  # of the supply; by so much a held input does not move (2 %: 20 counts of 1023)
_ROUNDS = 8  # each brings the pin nearer to the other channel: a long wire takes some charges
_LOOKS = 4  # the last readings of the rounds, whose mean counts
_TRIES = 4  # all must agree, or it was a hand


def extremes(levels: Mapping[int, float], channel: int) -> tuple[int, int] | None:
    """(lowest, highest) of the channels beside `channel`, by their readings (0..1); None if they
    are not far enough apart for the test."""
    others = {other: level for other, level in levels.items() if other != channel}
    if not others:
        return None
    low, high = min(others, key=others.__getitem__), max(others, key=others.__getitem__)
    return (low, high) if others[high] - others[low] >= APART else None


def follows(read: Callable[[int], float], channel: int, low: int, high: int) -> bool:
    """Whether `channel` reads higher after channel `high` than after `low`, each time.

    `read` is a converter's: channel -> 0..1, and its OSError comes through. At most 128 readings.
    """
    for attempt in range(_TRIES):
        # Taken in turns: a hand that turns the knob meanwhile moves it one way.
        order = (low, high) if attempt % 2 else (high, low)
        after = {other: _after(read, other, channel) for other in order}
        if after[high] - after[low] <= FOLLOWS:
            return False
    return True


def _after(read: Callable[[int], float], other: int, channel: int) -> float:
    """What `channel` reads right after `other`."""
    readings = []
    for _ in range(_ROUNDS):
        read(other)
        readings.append(read(channel))
    return mean(readings[-_LOOKS:])
