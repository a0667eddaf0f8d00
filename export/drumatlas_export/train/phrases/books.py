"""Books of phrases: a bar or half a bar of one voice group, as it stands in the training beats."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, Grid
from drumatlas.errors import BeatError

BARS = 2
MOST_PHRASES = 3000  # in one book

Book = NDArray[np.uint8]  # [phrases, steps of a part * voices of the group], 0 or 1


@dataclass(frozen=True, slots=True)
class Group:
    """Voices, by their bits (`drumatlas.beat.voices`), that a drummer plays as one, in `parts` of
    equal length: 2 for bars, 4 for half bars. A phrase is in their book if it stands in `songs`
    songs or more: one of a single song would be that song's own."""

    voices: tuple[int, ...]
    parts: int = BARS
    songs: int = 2

    @property
    def steps(self) -> int:
        """How many steps a part has."""
        return STEPS // self.parts

    @property
    def cells(self) -> int:
        """How many cells a part has."""
        return self.steps * len(self.voices)

    def model_of(self, part: int) -> int | None:
        """Return the earlier part that a part may repeat: of half a bar the one before it, of bar 2
        what stands at the same place of bar 1. None for the first part."""
        a_bar = self.parts // BARS
        return part - a_bar if part >= a_bar else part - 1 if part else None


# Kick and snare are played in too many ways for books of whole bars: of the bars of other songs,
# 54 % are in a book of 1,443 phrases of two songs; of the half bars, 85 % in one of 1,109 of three.
GROUPS = (
    Group((0, 1), parts=2 * BARS, songs=3),
    Group((2, 5, 8)),
    Group((3, 4, 6, 7)),
    Group((9, 10, 11, 12, 13)),
)


def part_of(beats: Grid, part: int, group: Group) -> NDArray[np.uint8]:
    """Return one part of a voice group of beats [n, 32, 14]: [n, cells]."""
    steps = beats[:, group.steps * part : group.steps * (part + 1), list(group.voices)]
    return np.ascontiguousarray(steps, np.uint8).reshape(len(beats), -1)


def book_of(beats: Grid, songs: NDArray[np.int64], group: Group) -> Book:
    """Return the phrases of a voice group that stand in enough songs, commonest first.

    `songs` [n] holds the number of each beat's song.
    """
    found: defaultdict[bytes, set[int]] = defaultdict(set)
    for part in range(group.parts):
        for phrase, song in zip(part_of(beats, part, group), songs.tolist(), strict=True):
            found[phrase.tobytes()].add(song)
    shared = [phrase for phrase, own in found.items() if len(own) >= group.songs]
    shared.sort(key=lambda phrase: (-len(found[phrase]), phrase))
    if len(shared) < 2:
        raise BeatError("too few bars stand in several songs", "give more beats, or --model swae")
    rows = [np.frombuffer(phrase, np.uint8) for phrase in shared[:MOST_PHRASES]]
    return np.stack(rows)


def books_of(
    beats: Grid, songs: NDArray[np.int64], groups: tuple[Group, ...] = GROUPS
) -> list[Book]:
    """Return a book for each voice group of beats [n, 32, 14]; BeatError if one has no phrases."""
    return [book_of(beats, songs, group) for group in groups]
