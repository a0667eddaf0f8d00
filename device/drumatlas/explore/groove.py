"""Velocities and timing of hits, as measured on real players.

An atlas may contain a `Groove` learned from recorded performances. It has a velocity for each voice
at each 16th of a bar, and weights for the hits around a cell: a hat between two others is softer, a
snare without neighbours is not a ghost note. The model is linear, so it is cheap to compute on the
box and simple to repeat on the page.
"""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Groove
from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid
from drumatlas.beat.pattern import Touch
from drumatlas.beat.voices import VOICE_TABLE, VOICES

_BIT = {voice.name: voice.bit for voice in VOICE_TABLE}
CUES = tuple(_BIT[name] for name in ("kick", "snare", "crash"))
LAGS = (1, -1, 2, -2)  # steps from a neighbour to the cell
_BARS = STEPS // STEPS_PER_BAR
MAX_VOICES = 4  # a drummer has two hands and two feet
BUSY_VOICES = 2  # mean number of voices on a step of a busy bar
CERTAINTY_SPREAD = 24.0  # velocity difference between the least and the most certain hits


def surroundings(hits: Grid) -> NDArray[np.float64]:
    """Return ten features [..., 32, 14, 10] of the hits around each cell [..., 32, 14].

    Each is in about 0..1: whether the same voice hits one step before, one after, two before and
    two after (the beat is a loop); whether kick, snare and crash hit on the step; the number of
    voices on the step; the number of hits of the voice and of all voices in the bar.
    """
    near = [np.roll(hits, lag, axis=-2) for lag in LAGS]
    cues = [np.broadcast_to(hits[..., :, bit, None], hits.shape) for bit in CUES]
    together = np.broadcast_to(hits.sum(axis=-1, keepdims=True) / MAX_VOICES, hits.shape)
    bars = hits.reshape(*hits.shape[:-2], _BARS, STEPS_PER_BAR, VOICES)
    own = bars.sum(axis=-2).repeat(STEPS_PER_BAR, axis=-2) / STEPS_PER_BAR
    busy = np.broadcast_to(own.sum(axis=-1, keepdims=True) / BUSY_VOICES, hits.shape)
    parts = [*near, *cues, together, own, busy]
    return np.stack(parts, axis=-1).astype(np.float64)


def played_velocities(groove: Groove, hits: Grid, sure: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return unrounded velocities 1..127 for all cells of beats [..., 32, 14].

    `sure`, of the same shape, is the decoder's certainty of each cell, 0..1.
    """
    base = np.tile(groove.loud.astype(np.float64), (_BARS, 1))
    around = surroundings(hits)
    more = np.zeros(hits.shape)
    for number in range(around.shape[-1]):  # the page adds in the same order, to the same sum
        more = more + around[..., number] * groove.near[number].astype(np.float64)
    return np.clip(base + more + CERTAINTY_SPREAD * (sure.astype(np.float64) - 0.5), 1, 127)


def timing_of(groove: Groove) -> Touch:
    """Return the groove's lateness and spread, in nanoseconds, as the performer uses them."""
    late_ns = np.rint(groove.late_ms.astype(np.float64) * 1e6).astype(int).tolist()
    spread_ns = np.rint(groove.spread_ms.astype(np.float64) * 1e6).astype(int).tolist()
    return Touch(tuple(map(tuple, late_ns)), tuple(spread_ns))
