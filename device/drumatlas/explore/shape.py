"""From the decoder's probabilities to hits, and from hits to velocities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats
from drumatlas.beat.codes import STEPS_PER_BAR, Grid
from drumatlas.beat.voices import GROUPS, VOICE_TABLE, VOICES

# Logits by which the ends of a density knob move a threshold. Thinner than that, so few
# places pass the filter that the search has to travel far; thicker is noise.
THINNEST, THICKEST = 1.25, 2.0

_LEAST, _BY_CHANCE, _BY_METRE = 44, 46, 36  # velocity = least + sure + metre, 44..126

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
_LOUD_BY_METRE = _LEAST + _BY_METRE * METRE
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


def thresholds_at(natural: Floats, density: Density) -> Floats:
    """The atlas' thresholds [14] moved by the density controls, in logits."""
    offset = (0.5 - density.overall) + (0.5 - np.array(density.groups))[_GROUP_OF_BIT]
    span = np.where(offset > 0, THINNEST, THICKEST)
    logit = np.log(natural / (1 - natural)) + 2 * span * offset
    moved: Floats = (1 / (1 + np.exp(-logit))).astype(np.float32)
    return np.where(offset == 0, natural, moved).astype(np.float32)


def velocities(p: Floats, hits: Grid, thresholds: Floats) -> NDArray[np.uint8]:
    """Velocity of each cell, 0 where there is no hit; p and hits are [..., 32, 14].

    Louder the surer the decoder is (how far p lies above its threshold) and the heavier the
    step in the bar.
    """
    # `hits` are where p is above the threshold, so the share is above 0 wherever it counts.
    sure = np.minimum((p - thresholds) / (1 - thresholds), 1)
    loud = np.rint(_LOUD_BY_METRE + _BY_CHANCE * sure)
    velocity: NDArray[np.uint8] = np.where(hits, loud, 0).astype(np.uint8)
    return velocity
