"""Held-out beats of many songs: no song speaks for the others.

A drummer's take cut into windows gives 50 beats that are much alike. Where such a song stands in
one set and not in the other, a classifier knows it again and real beats are told from real ones
(AUC .74 instead of .5), and a manifold of nearest neighbours shrinks to its many likenesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Grid, grids
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.train.split import songs_of

LEAST = 750  # beats, where there are so many


@dataclass(frozen=True, slots=True)
class Heard:
    """Beats [n, 32, 14] and the numbers of their songs [n]; beats without songs are numbered
    below 0, each by itself."""

    bits: Grid
    songs: NDArray[np.int64]

    def first(self, n: int) -> "Heard":
        """The first n of them."""
        return Heard(self.bits[:n], self.songs[:n])


def songless(bits: Grid) -> Heard:
    """Beats that no song holds: each stands for itself."""
    return Heard(bits, -1 - np.arange(len(bits)))


def evenly(rows: Sequence[BeatRow], seed: int, least: int = LEAST) -> Heard:
    """At most so many beats a song, and as few, as make `least` together; in a drawn order. All
    of `rows` where they are fewer than that."""
    order = np.random.default_rng([seed, 3]).permutation(len(rows))
    songs = songs_of(rows)[order]
    turn = np.zeros(len(order), np.int64)  # the how-manieth of its song
    seen: dict[int, int] = {}
    for i, song in enumerate(songs.tolist()):
        turn[i] = seen.get(song, 0)
        seen[song] = int(turn[i]) + 1
    most = next((m for m in range(len(order)) if (turn <= m).sum() >= least), len(order))
    chosen = turn <= most
    bits = grids([rows[i].code for i in order[chosen]])
    return Heard(bits, songs[chosen])
