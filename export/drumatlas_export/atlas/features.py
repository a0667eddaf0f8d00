"""Features of beats: what a listener hears in them, each as one number.

They fit the knobs (`basis.py`) and name them (`axes.py`). Each function takes beats [n, 32, 14], as
probabilities or as hits (0 or 1), and returns one number for each beat [n].
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.voices import VOICE_TABLE

Floats = NDArray[np.float32]
Feature = Callable[[Floats], Floats]

_OF = {voice.name: [voice.bit] for voice in VOICE_TABLE}
_KICK, _SNARE, _CLOSED, _OPEN = (_OF[name] for name in ("kick", "snare", "closed hat", "open hat"))
_RIDE, _CRASH = _OF["ride"], _OF["crash"]
_EVERY = [voice.bit for voice in VOICE_TABLE]
_HAND = [voice.bit for voice in VOICE_TABLE if voice.group in {"toms", "percussion"}]
_LEAST = 1e-6  # hits; a share of a silent beat is 0


def _hits(beats: Floats, voices: Sequence[int] = _EVERY, start: int = 0, step: int = 1) -> Floats:
    """Return the hits of `voices` at every `step`-th step from `start` on."""
    result: Floats = beats[:, start::step, voices].sum(axis=(1, 2))
    return result


def _share(some: Floats, beats: Floats) -> Floats:
    result: Floats = some / (_hits(beats) + _LEAST)
    return result


def _backbeat(beats: Floats) -> Floats:
    """Return the snare hits on the second and the fourth quarter of each bar."""
    return _hits(beats, _SNARE, STEPS_PER_BEAT, 2 * STEPS_PER_BEAT)


def _shuffle(beats: Floats) -> Floats:
    """Return the share of hits on the last 16th of a quarter, less that on its middle.

    Beats that swing their eighths have the late eighth there (see textbook/).
    """
    late, middle = (_hits(beats, start=start, step=STEPS_PER_BEAT) for start in (3, 2))
    return _share(late - middle, beats)


def _bar_change(beats: Floats) -> Floats:
    """Return the number of cells in which the second bar differs from the first."""
    result: Floats = np.abs(beats[:, :STEPS_PER_BAR] - beats[:, STEPS_PER_BAR:]).sum(axis=(1, 2))
    return result


# Names are shown beside the knobs: plain words, at most 16 characters. Closed hats, open hats and
# ride take turns in keeping time, so the hits that replace a hat count against it.
FEATURES: Mapping[str, Feature] = {
    "density": _hits,
    "syncopation": lambda beats: _share(_hits(beats, start=1, step=2), beats),  # odd 16ths
    "closed hats": lambda beats: _hits(beats, _CLOSED) - _hits(beats, [*_OPEN, *_RIDE]),
    "drums and hands": lambda beats: _share(_hits(beats, _HAND), beats),
    "kicks": lambda beats: _hits(beats, _KICK),
    "backbeat": _backbeat,
    "busy snare": lambda beats: _hits(beats, _SNARE) - _backbeat(beats),
    "open hats": lambda beats: _hits(beats, _OPEN) - _hits(beats, _RIDE),
    "cymbals": lambda beats: _hits(beats, [*_CRASH, *_RIDE]),
    "16th hats": lambda beats: _hits(beats, [*_CLOSED, *_OPEN, *_RIDE], 1, 2),
    "shuffle": _shuffle,
    "bar change": _bar_change,
}
