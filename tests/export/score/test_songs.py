from collections import Counter

import numpy as np
import pytest

from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.score.songs import evenly, songless
from drumatlas_export.train.split import songs_of

pytestmark = pytest.mark.export


def rows_of(*songs: tuple[str, ...]) -> list[BeatRow]:
    """A beat a tuple of songs, each another beat."""
    return [BeatRow((i + 1, *[0] * 31), songs=names) for i, names in enumerate(songs)]


def test_no_song_speaks_for_the_others() -> None:
    rows = rows_of(*[("long",)] * 50, *[(f"song {i}",) for i in range(20)], *[("two",)] * 2)
    one = evenly(rows, 1, least=20)
    assert len(one.bits) == 22
    assert set(Counter(one.songs.tolist()).values()) == {1}
    more = Counter(evenly(rows, 1, least=23).songs.tolist())
    assert sorted(more.values())[-3:] == [1, 2, 2]
    assert len(evenly(rows, 1, least=1000).bits) == len(rows)
    assert len(evenly([], 1).bits) == 0


def test_beats_keep_their_songs_and_the_draw_its_seed() -> None:
    rows = rows_of(*[(f"song {i % 7}",) for i in range(30)])
    heard = evenly(rows, 5, least=20)
    bits, songs = grids([row.code for row in rows]), songs_of(rows)
    for beat, song in zip(heard.bits, heard.songs, strict=True):
        assert songs[(bits == beat).all(axis=(1, 2)).argmax()] == song
    assert (evenly(rows, 5, least=20).bits == heard.bits).all()
    assert (evenly(rows, 6, least=20).bits != heard.bits).any()


def test_beats_of_no_song_are_each_for_themselves() -> None:
    alone = songless(np.zeros((3, 32, 14), bool))
    assert len(set(alone.songs.tolist())) == 3
    assert alone.first(2).bits.shape == (2, 32, 14)
