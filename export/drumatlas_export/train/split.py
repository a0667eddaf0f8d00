"""Split beats into training, validation and test sets by song, not by beat.

A song may be in several files and gives several similar beats. A split by beat would test on beats
much like those of the training set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import Code, canonical
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of each set. A rotation class is in one set at most, or is dropped."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def _draw(song: str, seed: int) -> float:
    """Return a number in 0..1 that depends only on the song's name and the seed."""
    digest = blake2b(f"{seed}:{song}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def songs_of(rows: Sequence[BeatRow]) -> NDArray[np.int64]:
    """Return the number of each beat's song [n]; songs that share a beat share a number.

    Each beat without a song has a number of its own, below 0.
    """
    parent: dict[str, str] = {}

    def root(song: str) -> str:
        while parent.setdefault(song, song) != song:
            parent[song] = song = parent[parent[song]]
        return song

    for row in rows:
        for song in row.songs[1:]:
            parent[root(song)] = root(row.songs[0])
    number: dict[str, int] = {}
    return np.array(
        [
            number.setdefault(root(row.songs[0]), len(number)) if row.songs else -1 - i
            for i, row in enumerate(rows)
        ],
        np.int64,
    )


def split_by_song(
    rows: Sequence[BeatRow], seed: int, validation_share: float, test_share: float
) -> Split:
    """Split `rows` by their songs; a beat without songs counts as a song of its own.

    The shares, 0..1, are shares of songs. A beat belongs to a set only if all its songs do. A beat
    whose songs fall into different sets is dropped, so that training sees nothing of held-out
    songs. BeatError if a set would be empty.
    """
    parts: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    first_row: dict[Code, int] = {}
    songs: dict[Code, set[str]] = {}  # of all rows of a rotation class
    for i, row in enumerate(rows):
        canon = canonical(row.code)
        first_row.setdefault(canon, i)
        songs.setdefault(canon, set()).update(row.songs)
    for canon, i in first_row.items():
        homes = set()
        for song in songs[canon] or {",".join(map(str, canon))}:
            place = _draw(song, seed)
            held_out = "test" if place < test_share else "validation"
            homes.add(held_out if place < test_share + validation_share else "train")
        if len(homes) == 1:
            parts[homes.pop()].append(i)
    split = Split(*(np.array(parts[name], dtype=np.int64) for name in parts))
    if min(len(split.train), len(split.validation), len(split.test)) == 0:
        raise BeatError(
            f"{len(rows)} beats are too few to hold songs out for validation and test",
            "mine more files",
        )
    return split
