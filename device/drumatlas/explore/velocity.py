"""Velocities of hits. A velocity is made in five stages:

    stage                        where                                         unit, range
    1 certainty, and the metre   here, `velocities`                            44..126
      or, with a groove, how     groove, `played_velocities`                   1..127
      players hit
    2 the accent control         here, `velocities` (`_accented`)              1..127
    3 chaos: other versions      chaos, `Chaos.cycles` (noise on the logits,   1..127
      of the beat                then stages 1 and 2 again)
    4 humanize                   play.step_player, `StepPlayer._humanized`  up to 24 to each side
    5 the voice's range          play.settings, `VoiceOut.scaled`              velocity_min..max

Stages 1 to 3 run in the slow loop, when a beat is made; 4 and 5 run when a step is played. On the
page exported as a file, `shape.js`, `groove.js` and `box.js` do the same.
"""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats, Groove
from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid
from drumatlas.beat.voices import VOICE_TABLE, VOICES
from drumatlas.explore.groove import played_velocities
from drumatlas.explore.odds import logit

# Velocity = minimum + share of certainty + share of the metre, 44..126.
MIN_VELOCITY, BY_CERTAINTY, BY_METRE = 44, 46, 36
VELOCITIES = 128  # velocities are below this

# Weight of each 16th of a bar: the one, the three, the other beats, 8ths, 16ths. The order is
# Lerdahl & Jackendoff's metrical grid (A Generative Theory of Tonal Music, 1983).
WEIGHT_OF_STEP = [1.0, 0.1, 0.4, 0.1, 0.7, 0.1, 0.4, 0.1, 0.85, 0.1, 0.4, 0.1, 0.7, 0.1, 0.4, 0.1]
BACKBEAT = (4, 12)  # 16ths of a bar: two and four


def _metre() -> Floats:
    """Return weights [32, 14], 0..1. A snare on two or four, the backbeat, weighs 1."""
    weights = np.tile(np.array(WEIGHT_OF_STEP, np.float32)[:, None], (2, VOICES))
    backbeats = [bar + step for bar in range(0, STEPS, STEPS_PER_BAR) for step in BACKBEAT]
    for voice in VOICE_TABLE:
        if voice.group == "snare":
            weights[backbeats, voice.bit] = 1.0
    return weights


METRE = _metre()
_METRE_VELOCITY = MIN_VELOCITY + BY_METRE * METRE


def velocities(
    p: Floats,
    hits: Grid,
    thresholds: Floats,
    accent: float = 0.5,
    groove: Groove | None = None,
) -> NDArray[np.uint8]:
    """Return the velocity 1..127 of each cell, 0 where there is no hit (stages 1 and 2).

    p (0..1) and hits are [..., 32, 14], thresholds [14]. The velocity rises with the decoder's
    certainty (how far p exceeds its threshold) and with the step's weight in the bar. With a
    `groove`, players' velocities replace the step's weight. The accent control, 0..1, scales the
    differences: 0 is flat, 0.5 natural.
    """
    sure = np.clip((p - thresholds) / (1 - thresholds), 0, 1)
    if groove is None:
        raw = np.rint(_METRE_VELOCITY + BY_CERTAINTY * sure)
    else:
        raw = np.rint(played_velocities(groove, hits, sure)).astype(np.float32)
    if accent != 0.5:
        raw = _accented(raw, hits, 2 * accent)
    velocity: NDArray[np.uint8] = np.where(hits, raw, 0).astype(np.uint8)
    return velocity


def _accented(raw: Floats, hits: Grid, times: float) -> Floats:
    """Return velocities [..., 32, 14] with their distance from the beat's mean scaled by `times`.

    Distances are measured in log odds of v / 128. Log odds are unbounded, so the highest velocities
    are compressed instead of clipped.
    """
    count = np.maximum(hits.sum(axis=(-2, -1), keepdims=True), 1)
    total = np.where(hits, raw, 0).sum(axis=(-2, -1), keepdims=True, dtype=np.float64)
    mean = logit(total / count / VELOCITIES)
    away = logit(raw / VELOCITIES) - mean
    spread: Floats = np.rint(VELOCITIES / (1 + np.exp(-mean - times * away))).astype(np.float32)
    return np.clip(spread, 1, 127)
