"""Chaos: random versions of a beat, made in advance; each cycle plays one of them."""

import numpy as np

from drumatlas.atlas.model import Floats, Groove
from drumatlas.beat.codes import STEPS, pack
from drumatlas.beat.dice import Dice
from drumatlas.beat.pattern import Cycle, cycles_of
from drumatlas.beat.voices import VOICES
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.search import Place
from drumatlas.explore.velocity import velocities

VARIANTS = 4  # versions of a beat; each costs the slow loop 0.1 ms
_MAX_NOISE = 2.5  # standard deviation of the noise at full chaos, in logits


class Chaos:
    """Adds noise to the decoder's logits.

    The noise is drawn once, from `seed`; the chaos control scales it. If the atlas has a `groove`,
    velocities come from it.
    """

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
        """Return the beat itself if `amount` is 0, else VARIANTS versions of it.

        `amount` and `accent` are controls, 0..1. A version that does not pass the filter is
        replaced by the beat itself.
        """
        base = velocities(place.p, place.hits, place.thresholds, accent, self._groove)
        if amount <= 0:
            return cycles_of(base[None])
        p = np.clip(place.p, 1e-6, 1 - 1e-6)
        logits = np.log(p / (1 - p)) + amount * _MAX_NOISE * self._noise
        noisy: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        hits = noisy > place.thresholds
        passing = beat_filter.passes(pack(hits), novelty)[:, None, None]
        noisy_velocities = velocities(noisy, hits, place.thresholds, accent, self._groove)
        return cycles_of(np.where(passing, noisy_velocities, base))
