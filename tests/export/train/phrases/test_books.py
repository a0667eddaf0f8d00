import numpy as np
import pytest

from drumatlas.beat.voices import VOICES
from drumatlas.errors import BeatError
from drumatlas_export.train.phrases.books import GROUPS, bar_of, book_of, books_of

pytestmark = pytest.mark.export

KICK_AND_SNARE = GROUPS[0]


def beat(*kicks: int) -> np.ndarray:
    grid = np.zeros((32, VOICES), bool)
    grid[list(kicks), 0] = True
    return grid


def test_each_voice_is_in_one_group() -> None:
    assert sorted(voice for group in GROUPS for voice in group) == list(range(VOICES))


def test_a_bar_of_a_group_is_its_cells_step_by_step() -> None:
    grid = beat(0, 17)
    grid[4, 1] = True
    first, second = (bar_of(grid[None], bar, KICK_AND_SNARE)[0] for bar in range(2))
    assert np.flatnonzero(first).tolist() == [0, 9]
    assert np.flatnonzero(second).tolist() == [2]


def test_a_book_has_the_phrases_of_two_songs_or_more_commonest_first() -> None:
    one, other, own = beat(0, 16), beat(4, 20), beat(8, 24)
    beats = np.stack([one, one, one, other, other, own, own])
    songs = np.array([1, 2, 3, 1, 2, 7, 7])  # the last phrase is of one song, four times
    book = book_of(beats, songs, KICK_AND_SNARE, 2)
    assert [np.flatnonzero(phrase).tolist() for phrase in book] == [[0], [8]]
    assert len(book_of(beats, songs, KICK_AND_SNARE, 1)) == 3


def test_too_few_shared_phrases_are_an_error() -> None:
    with pytest.raises(BeatError, match="too few bars stand in two songs"):
        books_of(np.stack([beat(0), beat(1)]), np.array([1, 2]))
