"""From volts to controls: what a hand does, without what wire and converter add. Pure.

A reading is a share of the supply voltage, 0..1, and without single spikes (`converters.Chip`
takes the median of three where one differs). It goes through a One-Euro filter (steady at rest,
quick in motion), and hysteresis as wide as the input's noise (at rest nothing changes at all);
then ends or centre are cut out by calibration.
"""

import re
from dataclasses import dataclass
from math import pi

from drumatlas.errors import ConfigError

# The finest step that a reading is trusted with, a count of ten bits: pots, wires and supply are no
# steadier, however fine the converter is.
COUNT = 1 / 1023
NOISE = 9  # counts from peak to peak where it was not measured: +-4, and the rounding
# Tuned on a ten-bit converter read 100 times a second: at rest 1 Hz takes the noise out; a full
# turn in half a second opens the filter to 20 Hz.
MIN_CUTOFF_HZ = 1.0
BETA = 10.0  # Hz of cutoff per full turn a second
SPEED_CUTOFF_HZ = 1.0
END_BAND = 0.01  # of the way at each end: pots stop short of their ends, and not always alike
STICK_BAND = 0.04  # of the half way around the centre: sticks don't come back to the same place
MIN_REACH = 0.05  # between the ends; less is a wire, not a knob
REST_NS = 300_000_000  # without a move, after which an input is at rest
_PLACES = 4  # decimals of a control's value: finer than any converter here


class OneEuro:
    """Low-pass filter whose cutoff rises with speed.

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
        """Take a reading of time `at_ns`; one that is not later than the last changes nothing."""
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
    """How much of a new reading is taken over, 0..1."""
    return 1 / (1 + 1 / (2 * pi * cutoff_hz * seconds))


class Hysteresis:
    """Follows only what leaves a band around it, and then at the band's edge, so that a turn on
    in one direction has no steps.

    Once it has not moved for 0.3 s it rests: the band is laid anew around where the input is,
    and whatever then moves within `width` in all, from peak to peak, changes nothing for good.
    (Without that, each new extreme of the noise would push the edge a little further.)
    """

    def __init__(self, width: float) -> None:
        self._width = width
        self._out: float | None = None
        self._anchor: float | None = None  # the middle of the band while at rest
        self._moved_ns = 0

    def __call__(self, x: float, at_ns: int) -> float:
        """Take a value of time `at_ns`, give the one that is held."""
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
    """What one input reads at its ends and at rest, 0..1 of the supply.

    `low` may be above `high`: a pot whose ends are swapped. `noise` is from peak to peak.
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
    def reach(self) -> float:
        """Between the ends, without a sign."""
        return abs(self.high - self.low)

    def check(self) -> "Calibration":
        """Itself; ConfigError if no knob is like that."""
        numbers = (self.low, self.high, self.centre, self.noise)
        if not all(0 <= number <= 1 for number in numbers):
            raise ConfigError("low, high, centre and noise must lie in 0..1")
        if self.reach < MIN_REACH:
            raise ConfigError(f"low and high must be at least {MIN_REACH:g} apart")
        if not min(self.low, self.high) < self.centre < max(self.low, self.high):
            raise ConfigError("centre must lie between low and high")
        if self.noise > self.reach / 4:
            raise ConfigError("noise must be under a quarter of the way between low and high")
        return self

    def pot(self, x: float) -> float:
        """A reading of a potentiometer to 0..1, with dead bands at the ends."""
        band = END_BAND + self.noise / self.reach
        way = (x - self.low) / (self.high - self.low)
        return _clip((way - band) / (1 - 2 * band))

    def stick(self, x: float, curve: float) -> float:
        """A reading of a joystick's axis to 0..1, 0.5 at rest; above 1, `curve` makes it finer
        around the centre (a power of the deflection)."""
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
    """Return "low=0.01 high=0.99 centre=0.5 noise=0.004", any of them left out, as a Calibration;
    ConfigError if it is not like that.

    `count` is the smallest step of the input's converter, as a share of the supply: the noise,
    where it is left out, is nine of them, or a quarter of the way if that is less.
    """
    values: dict[str, float] = {}
    for word in text.split():
        pair = _PAIR.fullmatch(word)
        if not pair or pair[1] in values:
            raise ConfigError(f"'{word}' is not one of low=N high=N centre=N noise=N")
        values[pair[1]] = float(pair[2])
    low, high = values.get("low", 0.0), values.get("high", 1.0)
    values.setdefault("centre", (low + high) / 2)  # a pot's centre is not used
    values.setdefault("noise", min(NOISE * count, abs(high - low) / 4))
    return Calibration(**values).check()


class Conditioner:
    """One analog input: readings in, the control's value out."""

    def __init__(self, calibration: Calibration, curve: float | None = None) -> None:
        self._calibration = calibration
        self._curve = curve  # of a stick; None is a pot
        self._smooth = OneEuro()
        self._hold = Hysteresis(calibration.noise)

    def __call__(self, reading: float, at_ns: int) -> float:
        """Take a reading, 0..1 of the supply, of time `at_ns`; give the control's value, 0..1."""
        x = self._hold(self._smooth(reading, at_ns), at_ns)
        if self._curve is None:
            return round(self._calibration.pot(x), _PLACES)
        return round(self._calibration.stick(x, self._curve), _PLACES)
