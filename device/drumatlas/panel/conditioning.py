"""Signal conditioning: turn a converter's readings into the value of a control. Pure.

A reading is a share of the supply voltage, 0..1. Single spikes are already removed
(`converters.Chip` takes the median of three readings where one differs). A One-Euro filter smooths
it: steady at rest, quick in motion. Hysteresis as wide as the input's noise keeps the value
constant at rest. Calibration then maps the input's range to 0..1, with dead bands at the ends or
the centre.
"""

import re
from dataclasses import dataclass
from math import pi

from drumatlas.errors import ConfigError

# The smallest step that counts, one count of ten bits. Pots, wires and supply are no steadier than
# that, even on a finer converter.
COUNT = 1 / 1023
NOISE = 9  # default noise in counts, peak to peak: +-4 and rounding
# Tuned on a ten-bit converter read 100 times a second. At rest, 1 Hz removes the noise; a full turn
# in half a second raises the cutoff to 20 Hz.
MIN_CUTOFF_HZ = 1.0
BETA = 10.0  # Hz of cutoff per full turn a second
SPEED_CUTOFF_HZ = 1.0
END_BAND = 0.01  # share of the range at each end: pots do not always reach the same end
STICK_BAND = 0.04  # share of half the range around the centre: sticks return inexactly
MIN_SPAN = 0.05  # share of the supply between the ends; less is a wire, not a knob
REST_NS = 300_000_000  # an input that has not moved for so long is at rest
_DECIMALS = 4  # of a control's value; finer than any converter here


class OneEuro:
    """A low-pass filter whose cutoff rises with speed.

    Casiez, Roussel, Vogel: "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input
    in Interactive Systems", CHI 2012: alpha = 1 / (1 + tau/Te), tau = 1 / (2 pi f),
    f = min_cutoff + beta |speed|, speed smoothed by the same filter at a fixed cutoff.
    """

    def __init__(
        self,
        min_cutoff_hz: float = MIN_CUTOFF_HZ,
        beta: float = BETA,
        speed_cutoff_hz: float = SPEED_CUTOFF_HZ,
    ) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self._speed = 0.0  # per second
        self._last: tuple[float, int] | None = None  # (output, ns)

    def __call__(self, x: float, at_ns: int) -> float:
        """Return the output for a reading `x` at `at_ns`. Ignore it if it is not newer."""
        if self._last is None:
            self._last = (x, at_ns)
            return x
        before, before_ns = self._last
        seconds = (at_ns - before_ns) / 1e9
        if seconds <= 0:
            return before
        share = _alpha(self._speed_cutoff_hz, seconds)
        self._speed += share * ((x - before) / seconds - self._speed)
        cutoff_hz = self._min_cutoff_hz + self._beta * abs(self._speed)
        after = before + _alpha(cutoff_hz, seconds) * (x - before)
        self._last = (after, at_ns)
        return after


def _alpha(cutoff_hz: float, seconds: float) -> float:
    """Return the weight of a new reading, 0..1."""
    return 1 / (1 + 1 / (2 * pi * cutoff_hz * seconds))


class Hysteresis:
    """Holds its output until the input leaves a band around it.

    The output then follows at the edge of the band, so turning on in one direction causes no steps.

    After 0.3 s without a change the output is at rest, and the band is centred on the input. Noise
    within `width`, peak to peak, then never changes the output. (Otherwise each new extreme of the
    noise would push the edge a little further.)
    """

    def __init__(self, width: float) -> None:
        self._width = width
        self._out: float | None = None
        self._anchor: float | None = None  # the middle of the band while at rest
        self._moved_ns = 0

    def __call__(self, x: float, at_ns: int) -> float:
        """Return the output for the value `x` at `at_ns`."""
        if self._out is None:
            self._out, self._moved_ns = x, at_ns
        if self._anchor is not None:
            if abs(x - self._anchor) <= self._width:
                return self._out
            self._anchor, self._moved_ns = None, at_ns
        out = min(max(self._out, x - self._width), x + self._width)
        if out != self._out:
            self._out, self._moved_ns = out, at_ns
        elif at_ns - self._moved_ns >= REST_NS:
            self._anchor = x
        return out


@dataclass(frozen=True, slots=True)
class Calibration:
    """The readings of an input at its ends and at rest, as shares of the supply, 0..1.

    `low` is above `high` if the ends of a pot are swapped. `noise` is measured peak to peak.
    """

    low: float = 0.0
    high: float = 1.0
    centre: float = 0.5
    noise: float = NOISE * COUNT

    def __str__(self) -> str:
        return (
            f"low={self.low:.4g} high={self.high:.4g} centre={self.centre:.4g}"
            f" noise={self.noise:.4g}"
        )

    @property
    def span(self) -> float:
        """The distance between the ends."""
        return abs(self.high - self.low)

    def check(self) -> "Calibration":
        """Return the calibration itself. Raise ConfigError if it is impossible for a knob."""
        numbers = (self.low, self.high, self.centre, self.noise)
        if not all(0 <= number <= 1 for number in numbers):
            raise ConfigError("low, high, centre and noise must lie in 0..1")
        if self.span < MIN_SPAN:
            raise ConfigError(f"low and high must be at least {MIN_SPAN:g} apart")
        if not min(self.low, self.high) < self.centre < max(self.low, self.high):
            raise ConfigError("centre must lie between low and high")
        if self.noise > self.span / 4:
            raise ConfigError("noise must be at most a quarter of the distance from low to high")
        return self

    def pot(self, x: float) -> float:
        """Return the value 0..1 of a potentiometer that reads `x`, with dead bands at the ends."""
        band = END_BAND + self.noise / self.span
        position = (x - self.low) / (self.high - self.low)
        return _clip((position - band) / (1 - 2 * band))

    def stick(self, x: float, curve: float) -> float:
        """Return the value 0..1 of a joystick's axis that reads `x`; it is 0.5 at rest.

        `curve` is the exponent of the deflection. Above 1 it makes movements near the centre finer.
        """
        is_above = (x > self.centre) == (self.high > self.low)
        end = self.high if is_above else self.low
        half = abs(end - self.centre)
        start, stop = STICK_BAND + self.noise / half, END_BAND + self.noise / half
        deflection = _clip((abs(x - self.centre) / half - start) / max(1 - start - stop, 0.1))
        bent: float = deflection**curve
        return 0.5 + (bent if is_above else -bent) / 2


def _clip(x: float) -> float:
    return min(max(x, 0.0), 1.0)


_PAIR = re.compile(r"(low|high|centre|noise)=(\d*\.?\d+(?:[eE]-?\d+)?)")


def parse_calibration(text: str, count: float = COUNT) -> Calibration:
    """Parse a calibration such as "low=0.01 high=0.99 centre=0.5 noise=0.004".

    Each entry is optional. The default noise is nine times `count`, the smallest step of the
    input's converter as a share of the supply, but at most a quarter of the range.

    Raise ConfigError if the text has another form or the numbers are impossible.
    """
    values: dict[str, float] = {}
    for word in text.split():
        pair = _PAIR.fullmatch(word)
        if not pair or pair[1] in values:
            raise ConfigError(f"unexpected '{word}'; use low=N high=N centre=N noise=N, each once")
        values[pair[1]] = float(pair[2])
    low, high = values.get("low", 0.0), values.get("high", 1.0)
    values.setdefault("centre", (low + high) / 2)  # a pot's centre is not used
    values.setdefault("noise", min(NOISE * count, abs(high - low) / 4))
    return Calibration(**values).check()


class Conditioner:
    """Turns the readings of one analog input into its control's value."""

    def __init__(self, calibration: Calibration, curve: float | None = None) -> None:
        self._calibration = calibration
        self._curve = curve  # of a stick; None for a pot
        self._smooth = OneEuro()
        self._hold = Hysteresis(calibration.noise)

    def __call__(self, reading: float, at_ns: int) -> float:
        """Return the control's value, 0..1, for a reading 0..1 at `at_ns`."""
        x = self._hold(self._smooth(reading, at_ns), at_ns)
        if self._curve is None:
            return round(self._calibration.pot(x), _DECIMALS)
        return round(self._calibration.stick(x, self._curve), _DECIMALS)
