"""Density: turn the decoder's probabilities into as many hits as the density controls ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats
from drumatlas.beat.codes import STEPS, Grid
from drumatlas.beat.voices import GROUPS, VOICE_TABLE, VOICES
from drumatlas.explore.filters import MIN_ENTROPY, entropy
from drumatlas.explore.odds import MIN_P, logit

# How far a density knob moves a threshold at its lower and upper end, in logits. The knob for all
# voices stops earlier, where the beat would have fewer or more hits than the limits below.
SPARSE_LOGITS, DENSE_LOGITS = 2.0, 2.0
MIN_HITS, MAX_HITS = 12, 128  # in two bars: three in two beats; four on every 16th
MAX_TIMES_NATURAL = 3  # and at most this multiple of the natural number
MIN_SHARE, MAX_SHARE = 0.01, 0.99  # where the level may lie between two margins

_GROUP_OF_BIT = np.array([GROUPS.index(voice.group) for voice in VOICE_TABLE])


@dataclass(frozen=True, slots=True)
class Density:
    """Density controls, 0..1, 0.5 natural: one for all voices and one for each voice group."""

    overall: float = 0.5
    groups: tuple[float, ...] = (0.5,) * len(GROUPS)

    @classmethod
    def of_controls(cls, values: Mapping[str, float]) -> "Density":
        """Return the density set by the control values (control name -> 0..1)."""
        return cls(values["density"], tuple(values[f"density.{group}"] for group in GROUPS))

    def towards_natural(self, share: float) -> "Density":
        """Return the density between this one (`share` 0) and the natural one (1)."""
        return Density(
            self.overall + (0.5 - self.overall) * share,
            tuple(value + (0.5 - value) * share for value in self.groups),
        )


def _moved(natural: Floats, offset: NDArray[np.float64]) -> Floats:
    """Return thresholds [14] moved by logits [14]; exactly unchanged where the offset is 0."""
    moved = 1 / (1 + np.exp(-logit(natural) - offset))
    moved = np.clip(moved, MIN_P, 1 - MIN_P)
    return np.where(offset == 0, natural, moved).astype(np.float32)


def thresholds_of_groups(natural: Floats, groups: tuple[float, ...]) -> Floats:
    """Return the atlas' thresholds [14] moved by the density controls of the voice groups."""
    offset = 0.5 - np.array(groups)[_GROUP_OF_BIT]
    return _moved(natural, 2 * np.where(offset > 0, SPARSE_LOGITS, DENSE_LOGITS) * offset)


def hits_at(p: Floats, natural: Floats, density: Density) -> tuple[Grid, Floats]:
    """Return the hits [32, 14] at a density, and the thresholds [14] that they exceed.

    p [32, 14] are the decoder's probabilities, `natural` [14] the atlas' thresholds, 0..1.

    A group's knob moves the thresholds of its voices by a fixed number of logits. The knob for all
    voices moves all thresholds until the wanted number of cells hit. So equal turns of the knob add
    about equally many hits, whatever p is at this place.
    """
    thresholds = thresholds_of_groups(natural, density.groups)
    if density.overall == 0.5:
        return p > thresholds, thresholds
    margin = logit(p) - logit(thresholds)
    cells = np.argsort(-margin, axis=None, kind="stable")
    ranked = margin.ravel()[cells]
    wanted = _wanted_hits(ranked, cells, density.overall)
    count = round(wanted)
    if not 0 < count < len(ranked):
        return p > thresholds, thresholds
    # The level lies between the margins of the last hit and of the first rest. Velocities depend
    # on the level, so a turn of the knob is heard even where the number of hits stays the same.
    share = min(max(wanted - count + 0.5, MIN_SHARE), MAX_SHARE)
    level = ranked[count - 1] + (ranked[count] - ranked[count - 1]) * share
    return margin > level, _moved(thresholds, np.full(VOICES, level))


def _wanted_hits(ranked: NDArray[np.float64], cells: NDArray[np.intp], overall: float) -> float:
    """Return the wanted number of hits.

    `ranked` [448] are the cells' margins in descending order, `cells` [448] their flat indices. At
    `overall` 0.5 the result is the natural number of hits; at 0 and 1 it is the number above that
    end's threshold, within the limits. In between it grows exponentially. If a beat with so few
    hits would fail the entropy rule, the result is the next number that passes.
    """
    rising = -ranked
    natural = int(np.searchsorted(rising, 0.0))
    share = abs(2 * overall - 1)
    if overall > 0.5:
        end = min(int(np.searchsorted(rising, DENSE_LOGITS)), MAX_HITS, MAX_TIMES_NATURAL * natural)
        return float(natural ** (1 - share) * max(end, natural) ** share) if natural else 0.0
    lively = _lively_numbers(cells[:natural])
    if not len(lively):
        return float(natural)
    end = max(int(np.searchsorted(rising, -SPARSE_LOGITS)), int(lively[0]))
    wanted = float(natural ** (1 - share) * end**share)
    at = int(np.searchsorted(lively, round(wanted)))
    enough = int(lively[min(at, len(lively) - 1)])
    return wanted if enough == round(wanted) else float(enough)


def _lively_numbers(cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return each k >= MIN_HITS for which the first k of `cells` [n] pass the entropy rule."""
    each = np.zeros((len(cells), STEPS), np.uint16)
    each[np.arange(len(cells)), cells // VOICES] = 1 << (cells % VOICES)
    codes = np.cumsum(each, axis=0, dtype=np.uint16)[MIN_HITS - 1 :]
    return np.flatnonzero(entropy(codes) >= MIN_ENTROPY) + MIN_HITS
