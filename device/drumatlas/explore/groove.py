"""Velocities and lateness of the hits of a beat, as real players play them.

An atlas may carry a `Groove`, learned from recorded performances: a velocity for each voice at
each 16th of a bar, and what a hit's surroundings add to it (a hat between two others is softer, a
snare without a neighbour is no ghost note). The model is linear: cheap for the box, and simple to
repeat in the page.
"""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Groove
from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Grid
from drumatlas.beat.pattern import Touch
from drumatlas.beat.voices import VOICE_TABLE, VOICES

_BIT = {voice.name: voice.bit for voice in VOICE_TABLE}
_CUES = tuple(_BIT[name] for name in ("kick", "snare", "crash"))
_LAGS = (1, -1, 2, -2)  # steps by which a neighbour lies before
_BARS = STEPS // STEPS_PER_BAR
_MOST_VOICES = 4  # a drummer has two hands and two feet
SURE = 24.0  # velocities between a hit that the decoder just allows and one that it is sure of


def surroundings(hits: Grid) -> NDArray[np.float64]:
    """What stands around each cell of beats [..., 32, 14]: [..., 32, 14, 10], about 0..1 each.

    The same voice one step before, one after, two before, two after (the beat goes round); kick,
    snare, crash on the step; how many voices are on the step; how often the voice, and how often
    all voices hit in the bar.
    """
    near = [np.roll(hits, lag, axis=-2) for lag in _LAGS]
    cues = [np.broadcast_to(hits[..., :, bit, None], hits.shape) for bit in _CUES]
    together = np.broadcast_to(hits.sum(axis=-1, keepdims=True) / _MOST_VOICES, hits.shape)
    bars = hits.reshape(*hits.shape[:-2], _BARS, STEPS_PER_BAR, VOICES)
    own = bars.sum(axis=-2).repeat(STEPS_PER_BAR, axis=-2) / STEPS_PER_BAR
    busy = np.broadcast_to(own.sum(axis=-1, keepdims=True) / 2, hits.shape)
    parts = [*near, *cues, together, own, busy]
    return np.stack(parts, axis=-1).astype(np.float64)


def played_velocities(groove: Groove, hits: Grid, sure: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return velocities 1..127, not rounded, of all cells of beats [..., 32, 14]; `sure` 0..1, of
    the same shape, is how sure the decoder is of each."""
    base = np.tile(groove.loud.astype(np.float64), (_BARS, 1))
    around = surroundings(hits)
    more = np.zeros(hits.shape)
    for number in range(around.shape[-1]):  # in this order, so that a page adds up the same
        more = more + around[..., number] * groove.near[number].astype(np.float64)
    return np.clip(base + more + SURE * (sure.astype(np.float64) - 0.5), 1, 127)


def touch(groove: Groove) -> Touch:
    """Its timing as the performer takes it."""
    late_ns = np.rint(groove.late_ms.astype(np.float64) * 1e6).astype(int).tolist()
    spread_ns = np.rint(groove.spread_ms.astype(np.float64) * 1e6).astype(int).tolist()
    return Touch(tuple(map(tuple, late_ns)), tuple(spread_ns))
