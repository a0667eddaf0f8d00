"""Say of every training beat which genres it may be, by what other songs' labels teach.

A label names the record, and a beat may sound like another genre's. A network that is to learn the
labels themselves learns them by heart, and places held-out beats elsewhere. So each beat has the
probabilities of genres that a forest of trees gives it which never saw its song (out of fold). The
forest also judges beats without a label, which are most.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from torch import Tensor

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES

_FOLDS = 5
_TREES = 150
_LEAF = 2  # beats in a leaf, at least
_BEAT, _STEPS_A_BEAT = 8, 4  # steps of half a bar; positions within a beat
_LEAST = 2  # songs that have labels, for any judgement

Floats = NDArray[np.float32]


def judged(x: Tensor, songs: NDArray[np.int64], genres: Tensor, seed: int) -> Tensor:
    """Return the probability of each genre for beats x [n, 448] (0 or 1): [n, genres].

    `songs` [n] numbers each beat's song, and `genres` [n] its genre, -1 for none. Rows are 0 where
    nothing can be said: everywhere, if too few songs have a genre.
    """
    own = genres.numpy()
    count = int(own.max(initial=-1)) + 1
    fold = _folds(songs, seed)
    seen = _features(x.numpy().reshape(-1, STEPS, VOICES))
    result = np.zeros((len(own), count), np.float32)
    for one in range(_FOLDS):
        taught, asked = (own >= 0) & (fold != one), fold == one
        if len(set(songs[taught].tolist())) < _LEAST or not asked.any():
            continue
        forest = ExtraTreesClassifier(_TREES, min_samples_leaf=_LEAF, random_state=seed + one)
        forest.fit(seen[taught], own[taught])
        result[np.ix_(asked, forest.classes_)] = forest.predict_proba(seen[asked])
    return torch.from_numpy(result)


def _folds(songs: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return the fold 0.._FOLDS - 1 of each beat [n]; a song's beats share one."""
    numbers, row = np.unique(songs, return_inverse=True)
    fold: NDArray[np.int64] = np.random.default_rng([seed, 17]).permutation(len(numbers))[row]
    return fold % _FOLDS


def _features(beats: Floats) -> Floats:
    """Return what the forest sees of beats [n, 32, 14]: their cells, how often each voice hits at
    each place of half a bar and of a beat, and how many of its cells differ between the bars."""
    n = len(beats)
    halves = beats.reshape(n, -1, _BEAT, VOICES).sum(1)
    places = halves.reshape(n, -1, _STEPS_A_BEAT, VOICES).sum(1)
    bars = beats.reshape(n, 2, -1, VOICES)
    differing = np.abs(bars[:, 0] - bars[:, 1]).sum(1)
    parts = (beats, halves, places, differing)
    return np.concatenate([part.reshape(n, -1) for part in parts], 1).astype(np.float32)
