"""Chaos: other versions of a beat, made beforehand, one of which each cycle draws."""

import numpy as np

from drumatlas.atlas.model import Floats, Groove
from drumatlas.beat.codes import STEPS, pack
from drumatlas.beat.dice import Dice
from drumatlas.beat.pattern import Cycle, cycles_of
from drumatlas.beat.voices import VOICES
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.search import Place
from drumatlas.explore.velocity import velocities

VARIANTS = 4  # different cycles to a beat; each costs the slow loop 0.1 ms
_LOGITS = 2.5  # deviation of the noise at full chaos


class Chaos:
    """Noise on the decoder's logits, drawn once from the seed, scaled by the knob. Velocities are
    those of the atlas' `groove`, if it has one."""

    def __init__(self, seed: int, groove: Groove | None = None) -> None:
        self._groove = groove
        noise = Dice(seed).normal(VARIANTS * STEPS * VOICES)
        self._noise = np.array(noise).reshape(VARIANTS, STEPS, VOICES)

    def cycles(
        self,
        place: Place,
        amount: float,
        beat_filter: BeatFilter,
        novelty: bool,
        accent: float = 0.5,
    ) -> tuple[Cycle, ...]:
        """The beat itself at amount 0; else VARIANTS versions of it. One that would not pass
        the filter is replaced by the beat itself."""
        base = velocities(place.p, place.hits, place.thresholds, accent, self._groove)
        if amount <= 0:
            return cycles_of(base[None])
        p = np.clip(place.p, 1e-6, 1 - 1e-6)
        logits = np.log(p / (1 - p)) + amount * _LOGITS * self._noise
        noisy: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        hits = noisy > place.thresholds
        passing = beat_filter.passes(pack(hits), novelty)[:, None, None]
        noisy_velocities = velocities(noisy, hits, place.thresholds, accent, self._groove)
        return cycles_of(np.where(passing, noisy_velocities, base))
