"""Choose held-out beats from many songs, so that no song dominates.

A drummer's recording cut into windows gives 50 similar beats. If such a song is in one set and not
in the other, a classifier recognises it and separates real beats from real beats (AUC .74 instead
of .5), and the manifold of nearest neighbours shrinks to its many similar beats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Grid, grids
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.train.split import songs_of

MIN_BEATS = 750  # to choose, if there are so many


@dataclass(frozen=True, slots=True)
class SongBeats:
    """Beats [n, 32, 14] and the numbers of their songs [n].

    A beat without a song has a number of its own, below 0.
    """

    bits: Grid
    songs: NDArray[np.int64]

    def first(self, n: int) -> "SongBeats":
        """Return the first n beats."""
        return SongBeats(self.bits[:n], self.songs[:n])


def songless(bits: Grid) -> SongBeats:
    """Return beats [n, 32, 14] as beats without songs."""
    return SongBeats(bits, -1 - np.arange(len(bits)))


def evenly(rows: Sequence[BeatRow], seed: int, least: int = MIN_BEATS) -> SongBeats:
    """Choose at least `least` of `rows`, in random order, with as few beats per song as possible.

    If `rows` are fewer, choose all.
    """
    order = np.random.default_rng([seed, 3]).permutation(len(rows))
    songs = songs_of(rows)[order]
    rank = np.zeros(len(order), np.int64)  # of each beat within its song
    seen: dict[int, int] = {}
    for i, song in enumerate(songs.tolist()):
        rank[i] = seen.get(song, 0)
        seen[song] = int(rank[i]) + 1
    highest = next((m for m in range(len(order)) if (rank <= m).sum() >= least), len(order))
    chosen = rank <= highest
    bits = grids([rows[i].code for i in order[chosen]])
    return SongBeats(bits, songs[chosen])
