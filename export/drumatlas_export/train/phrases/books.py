"""Books of phrases: a bar of one voice group, as it stands in the training beats."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Grid
from drumatlas.errors import BeatError

BARS = 2
BAR_STEPS = STEPS // BARS
SONGS = 2  # a phrase of a single song would be that song's own
MOST_PHRASES = 3000  # in one book

# The bits of the voices (`drumatlas.beat.voices`) whose hits a drummer plays as one.
Groups = tuple[tuple[int, ...], ...]
GROUPS: Groups = ((0, 1), (2, 5, 8), (3, 4, 6, 7), (9, 10, 11, 12, 13))

Book = NDArray[np.uint8]  # [phrases, BAR_STEPS * voices of the group], 0 or 1


def bar_of(beats: Grid, bar: int, group: Sequence[int]) -> NDArray[np.uint8]:
    """Return one bar (0 or 1) of a voice group of beats [n, 32, 14]: [n, 16 * voices]."""
    steps = beats[:, BAR_STEPS * bar : BAR_STEPS * (bar + 1), list(group)]
    return np.ascontiguousarray(steps, np.uint8).reshape(len(beats), -1)


def book_of(beats: Grid, songs: NDArray[np.int64], group: Sequence[int], least: int) -> Book:
    """Return the phrases of a voice group that stand in `least` songs or more, commonest first.

    `songs` [n] holds the number of each beat's song.
    """
    found: defaultdict[bytes, set[int]] = defaultdict(set)
    for bar in range(BARS):
        for phrase, song in zip(bar_of(beats, bar, group), songs.tolist(), strict=True):
            found[phrase.tobytes()].add(song)
    shared = [phrase for phrase, own in found.items() if len(own) >= least]
    shared.sort(key=lambda phrase: (-len(found[phrase]), phrase))
    if len(shared) < 2:
        raise BeatError("too few bars stand in two songs", "give more beats, or --model swae")
    rows = [np.frombuffer(phrase, np.uint8) for phrase in shared[:MOST_PHRASES]]
    return np.stack(rows)


def books_of(
    beats: Grid, songs: NDArray[np.int64], groups: Groups = GROUPS, least: int = SONGS
) -> list[Book]:
    """Return a book for each voice group of beats [n, 32, 14]; BeatError if one has no phrases."""
    return [book_of(beats, songs, group, least) for group in groups]
