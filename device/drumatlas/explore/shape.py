"""From the decoder's probabilities to hits, and from hits to velocities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats, Groove
from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid
from drumatlas.beat.voices import GROUPS, VOICE_TABLE, VOICES
from drumatlas.explore.filters import MIN_ENTROPY, entropy
from drumatlas.explore.groove import loudness

# Logits by which the ends of a density knob move a threshold; the knob over all voices stops
# before, where the beat would have fewer or more hits than these.
THINNEST, THICKEST = 2.0, 2.0
LEAST, MOST = 12, 128  # hits in two bars: three in two beats; four on every 16th
MOST_TIMES = 3  # and no more than so many times the natural number

_NEVER = 1e-6  # probabilities and thresholds keep this far from 0 and 1, where logits end

_SOFTEST, _BY_CHANCE, _BY_METRE = 44, 46, 36  # velocity = softest + sure + metre, 44..126
_ABOVE_ALL = 128  # velocities

# Weight of each 16th of a bar: the one, the three, the other beats, 8ths, 16ths. The order is
# Lerdahl & Jackendoff's metrical grid (A Generative Theory of Tonal Music, 1983).
_WEIGHT_OF_STEP = [1.0, 0.1, 0.4, 0.1, 0.7, 0.1, 0.4, 0.1, 0.85, 0.1, 0.4, 0.1, 0.7, 0.1, 0.4, 0.1]


def _metre() -> Floats:
    """Weights [32, 14]; a snare on two and four is the backbeat and as strong as the one."""
    weights = np.tile(np.array(_WEIGHT_OF_STEP, np.float32)[:, None], (2, VOICES))
    for voice in VOICE_TABLE:
        if voice.group == "snare":
            weights[[4, 12, STEPS_PER_BAR + 4, STEPS_PER_BAR + 12], voice.bit] = 1.0
    return weights


METRE = _metre()
_LOUD_BY_METRE = _SOFTEST + _BY_METRE * METRE
_GROUP_OF_BIT = np.array([GROUPS.index(voice.group) for voice in VOICE_TABLE])


@dataclass(frozen=True, slots=True)
class Density:
    """Density controls 0..1, 0.5 natural: one for all voices, one a voice group."""

    overall: float = 0.5
    groups: tuple[float, ...] = (0.5,) * len(GROUPS)

    @classmethod
    def of_controls(cls, values: Mapping[str, float]) -> "Density":
        """From the control values by name."""
        return cls(values["density"], tuple(values[f"density.{group}"] for group in GROUPS))

    def towards_natural(self, share: float) -> "Density":
        """The way from here (share 0) to the natural density (share 1)."""
        return Density(
            self.overall + (0.5 - self.overall) * share,
            tuple(value + (0.5 - value) * share for value in self.groups),
        )


def _logit(p: Floats | NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(p.astype(np.float64), _NEVER, 1 - _NEVER)
    result: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return result


def _moved(natural: Floats, offset: NDArray[np.float64]) -> Floats:
    """Thresholds [14] moved by logits [14]; to the bit the same where they are moved by 0."""
    moved = 1 / (1 + np.exp(-_logit(natural) - offset))
    moved = np.clip(moved, _NEVER, 1 - _NEVER)
    return np.where(offset == 0, natural, moved).astype(np.float32)


def thresholds_of_groups(natural: Floats, groups: tuple[float, ...]) -> Floats:
    """The atlas' thresholds [14] moved by the density controls of the voice groups."""
    offset = 0.5 - np.array(groups)[_GROUP_OF_BIT]
    return _moved(natural, 2 * np.where(offset > 0, THINNEST, THICKEST) * offset)


def shaped(p: Floats, natural: Floats, density: Density) -> tuple[Grid, Floats]:
    """The hits [32, 14] of probabilities p [32, 14] at a density, and the thresholds [14] that
    they are above.

    The groups move their voices' thresholds by a fixed way. The knob over all voices moves them
    all, just as far as gives the wanted number of hits: so it is even all along, whatever the
    decoder's p are at this place.
    """
    thresholds = thresholds_of_groups(natural, density.groups)
    if density.overall == 0.5:
        return p > thresholds, thresholds
    margin = _logit(p) - _logit(thresholds)
    cells = np.argsort(-margin, axis=None, kind="stable")
    ranked = margin.ravel()[cells]
    wanted = _wanted_hits(ranked, cells, density.overall)
    count = round(wanted)
    if not 0 < count < len(ranked):
        return p > thresholds, thresholds
    # Between the last cell that is to hit and the first that is not; how far, is heard in the
    # velocities, which so change between one hit more and the next, too.
    share = min(max(wanted - count + 0.5, 0.01), 0.99)
    level = ranked[count - 1] + (ranked[count] - ranked[count - 1]) * share
    return margin > level, _moved(thresholds, np.full(VOICES, level))


def _wanted_hits(ranked: NDArray[np.float64], cells: NDArray[np.intp], overall: float) -> float:
    """From the cells' margins [448], falling, and the cells they belong to: the natural number
    at 0.5, at an end the number of that threshold (within bounds), in equal ratios between;
    where so few hits are dull, the next number of them that is lively."""
    rising = -ranked
    natural = int(np.searchsorted(rising, 0.0))
    share = abs(2 * overall - 1)
    if overall > 0.5:
        end = min(int(np.searchsorted(rising, THICKEST)), MOST, MOST_TIMES * natural)
        return float(natural ** (1 - share) * max(end, natural) ** share) if natural else 0.0
    lively = _lively_numbers(cells[:natural])
    if not len(lively):
        return float(natural)
    end = max(int(np.searchsorted(rising, -THINNEST)), int(lively[0]))
    wanted = float(natural ** (1 - share) * end**share)
    at = int(np.searchsorted(lively, round(wanted)))
    enough = int(lively[min(at, len(lively) - 1)])
    return wanted if enough == round(wanted) else float(enough)


def _lively_numbers(cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many of these cells [n], from the first on, make a beat that is lively: all such
    numbers from LEAST to n."""
    each = np.zeros((len(cells), STEPS), np.uint16)
    each[np.arange(len(cells)), cells // VOICES] = 1 << (cells % VOICES)
    codes = np.cumsum(each, axis=0, dtype=np.uint16)[LEAST - 1 :]
    return np.flatnonzero(entropy(codes) >= MIN_ENTROPY) + LEAST


def velocities(
    p: Floats,
    hits: Grid,
    thresholds: Floats,
    accent: float = 0.5,
    groove: Groove | None = None,
) -> NDArray[np.uint8]:
    """Velocity of each cell, 0 where there is no hit; p and hits are [..., 32, 14].

    Louder the surer the decoder is (how far p lies above its threshold) and the heavier the
    step in the bar; with a `groove` as players hit there, in place of the step's weight. The accent
    control 0..1 says how much louder: 0 flat, 0.5 natural.
    """
    sure = np.clip((p - thresholds) / (1 - thresholds), 0, 1)
    if groove is None:
        loud = np.rint(_LOUD_BY_METRE + _BY_CHANCE * sure)
    else:
        loud = np.rint(loudness(groove, hits, sure)).astype(np.float32)
    if accent != 0.5:
        loud = _spread(loud, hits, 2 * accent)
    velocity: NDArray[np.uint8] = np.where(hits, loud, 0).astype(np.uint8)
    return velocity


def _spread(loud: Floats, hits: Grid, times: float) -> Floats:
    """Velocities [..., 32, 14] so many times as far from the mean of each beat's hits.

    As log odds of v / 128: they have no ends, so the loudest are pressed together and not cut.
    """
    count = np.maximum(hits.sum(axis=(-2, -1), keepdims=True), 1)
    total = np.where(hits, loud, 0).sum(axis=(-2, -1), keepdims=True, dtype=np.float64)
    mean = _logit(total / count / _ABOVE_ALL)
    away = _logit(loud / _ABOVE_ALL) - mean
    spread: Floats = np.rint(_ABOVE_ALL / (1 + np.exp(-mean - times * away))).astype(np.float32)
    return np.clip(spread, 1, 127)
