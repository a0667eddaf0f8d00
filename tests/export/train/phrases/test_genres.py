import numpy as np
import pytest
import torch
from torch import Tensor

from drumatlas_export.train.phrases.genres import judged
from drumatlas_export.train.phrases.model import nats_of_guesses

pytestmark = pytest.mark.export

SONGS = 40
HOUSE, ROCK = 0, 1


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def beats() -> Tensor:
    """Two beats a song [80, 448]: in even songs a kick on every beat, in odd ones on every other
    one, and a little chance."""
    rng = np.random.default_rng(0)
    x = np.zeros((SONGS, 2, 32, 14), np.float32)
    x[0::2, :, ::4, 0] = 1
    x[1::2, :, ::8, 0] = 1
    x[..., 2] = rng.random((SONGS, 2, 32)) < 0.3
    return torch.from_numpy(x.reshape(2 * SONGS, -1))


@pytest.fixture(scope="module")
def songs() -> np.ndarray:
    return np.repeat(np.arange(SONGS), 2)


def labels(songs: np.ndarray) -> Tensor:
    return torch.from_numpy(songs % 2)


def test_beats_are_judged_by_other_songs(beats: Tensor, songs: np.ndarray) -> None:
    found = judged(beats, songs, labels(songs), 0, seed=1)
    assert found.shape == (2 * SONGS, 2)
    assert torch.allclose(found.sum(1), torch.ones(2 * SONGS), atol=1e-5)
    assert (found.argmax(1) == labels(songs)).all()


def test_a_song_with_a_wrong_label_is_judged_by_its_beats(beats: Tensor, songs: np.ndarray) -> None:
    genres = labels(songs)
    genres[songs == 6] = ROCK
    found = judged(beats, songs, genres, 0, seed=1)
    assert (found[songs == 6].argmax(1) == HOUSE).all()


def test_beats_without_a_label_are_judged(beats: Tensor, songs: np.ndarray) -> None:
    genres = labels(songs)
    genres[songs >= SONGS // 2] = -1
    found = judged(beats, songs, genres, 0, seed=1)
    assert (found.argmax(1) == labels(songs)).float().mean() > 0.9


@pytest.mark.parametrize("songs_with_genres", [0, 1])
def test_without_genres_nothing_is_said(
    songs_with_genres: int, beats: Tensor, songs: np.ndarray
) -> None:
    genres = torch.where(torch.from_numpy(songs) < songs_with_genres, HOUSE, -1)
    found = judged(beats, songs, genres, 0, seed=1)
    assert found.shape == (2 * SONGS, songs_with_genres)
    assert not found.any()


def test_the_own_label_counts_by_its_share(beats: Tensor, songs: np.ndarray) -> None:
    genres = labels(songs)
    genres[songs == 6] = ROCK
    genres[songs == 7] = -1
    torch.manual_seed(1)
    others = judged(beats, songs, genres, 0, seed=1)
    torch.manual_seed(1)
    found = judged(beats, songs, genres, 0.25, seed=1)
    assert torch.allclose(found[songs == 6], 0.75 * others[songs == 6] + torch.tensor([0, 0.25]))
    assert torch.equal(found[songs == 7], others[songs == 7])


def test_a_guess_within_the_family_costs_less() -> None:
    families = torch.tensor([[1.0, 0], [1, 0], [0, 1]])  # house and techno; rock
    house = torch.tensor([[1.0, 0, 0]])
    sure = {name: torch.log(torch.tensor([p])) for name, p in GUESSED.items()}
    cost = {name: float(nats_of_guesses(p, house, families)) for name, p in sure.items()}
    assert cost["house"] < cost["techno"] < cost["rock"]


GUESSED = {"house": [0.8, 0.1, 0.1], "techno": [0.1, 0.8, 0.1], "rock": [0.1, 0.1, 0.8]}
