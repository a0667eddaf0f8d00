import numpy as np
import pytest

from drumatlas.beat.voices import VOICES
from drumatlas.errors import BeatError
from drumatlas_export.train.phrases.books import GROUPS, Group, book_of, books_of, part_of

pytestmark = pytest.mark.export

KICK_AND_SNARE = Group((0, 1))
HALVES = Group((0, 1), parts=4)


def beat(*kicks: int) -> np.ndarray:
    grid = np.zeros((32, VOICES), bool)
    grid[list(kicks), 0] = True
    return grid


def test_each_voice_is_in_one_group() -> None:
    assert sorted(voice for group in GROUPS for voice in group.voices) == list(range(VOICES))


def test_a_part_of_a_group_is_its_cells_step_by_step() -> None:
    grid = beat(0, 17)
    grid[4, 1] = True
    bars = [part_of(grid[None], part, KICK_AND_SNARE)[0] for part in range(2)]
    assert [np.flatnonzero(bar).tolist() for bar in bars] == [[0, 9], [2]]
    halves = [part_of(grid[None], part, HALVES)[0] for part in range(4)]
    assert [np.flatnonzero(half).tolist() for half in halves] == [[0, 9], [], [2], []]


@pytest.mark.parametrize(
    ("group", "models"), [(KICK_AND_SNARE, [None, 0]), (HALVES, [None, 0, 0, 1])]
)
def test_bar_two_may_repeat_bar_one_and_half_a_bar_the_one_before(
    group: Group, models: list[int | None]
) -> None:
    assert [group.model_of(part) for part in range(group.parts)] == models


def test_a_book_has_the_phrases_of_two_songs_or_more_commonest_first() -> None:
    one, other, own = beat(0, 16), beat(4, 20), beat(8, 24)
    beats = np.stack([one, one, one, other, other, own, own])
    songs = np.array([1, 2, 3, 1, 2, 7, 7])  # the last phrase is of one song, four times
    book = book_of(beats, songs, KICK_AND_SNARE)
    assert [np.flatnonzero(phrase).tolist() for phrase in book] == [[0], [8]]
    assert len(book_of(beats, songs, Group((0, 1), songs=1))) == 3


def test_too_few_shared_phrases_are_an_error() -> None:
    with pytest.raises(BeatError, match="too few bars stand in several songs"):
        books_of(np.stack([beat(0), beat(1)]), np.array([1, 2]))
