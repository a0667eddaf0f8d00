"""The SWAE's encoder with a phrase decoder, and its loss."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas_export.textbook.families import family_of
from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.models import CELLS, LATENT, Model, spread, stack
from drumatlas_export.train.phrases.balance import Rates, balance
from drumatlas_export.train.phrases.books import Book, books_of
from drumatlas_export.train.phrases.decoder import PhraseDecoder

_GUESS = 64  # hidden units of the layers that guess a genre


class PhraseAutoencoder(Model):
    """An encoder, and a decoder that chooses phrases from `books`, one for each voice group.

    `genre` guesses one of `genres` genres from a latent point. It only serves training: it draws
    the beats of one genre together. `families` [genres, families] says which family each is in.
    """

    has_own_level = True
    chooses = True

    families: Tensor

    def __init__(
        self, config: TrainConfig, books: list[Book], genres: int, families: Tensor | None = None
    ) -> None:
        super().__init__()
        self.encoder = stack([CELLS, *config.hidden, LATENT])
        self.decoder = PhraseDecoder(books, config.sharpness)
        self.genre = stack([LATENT, _GUESS, max(genres, 1)])
        table = torch.eye(genres) if families is None else families
        self.register_buffer("families", table, persistent=False)

    def decode(self, z: Tensor) -> Tensor:
        """Return probabilities [n, 32, 14] at z [n, 4]; above 1/2 are the hits."""
        p: Tensor = self.decoder(z)
        return p

    def held_out_loss(self, x: Tensor) -> Tensor:
        """Return the mean nats of the choices that held-out beats x [n, 448] ask for."""
        return self.decoder.loss(self.encode(x), x)

    def settle(self, x: Tensor, weight: Tensor, seed: int) -> None:
        """Set the biases of phrases and gates; see balance.py."""
        balance(self.decoder, Rates(self.decoder, x, weight), seed)


def new(
    config: TrainConfig, x: Tensor, songs: NDArray[np.int64], genres: Sequence[str]
) -> PhraseAutoencoder:
    """Return a model with books of the phrases of beats x [n, 448]; BeatError if they are too few.

    `songs` [n] numbers each beat's song, and `genres` are the names of the genres to guess.
    """
    beats = x.reshape(-1, STEPS, VOICES).numpy() > 0
    model = PhraseAutoencoder(config, books_of(beats, songs), len(genres), _families(genres))
    with torch.no_grad():
        for (group, part), share in Rates(model.decoder, x, torch.ones(len(x))).phrases.items():
            model.decoder.common[group][part] = torch.log(share + 0.5 / len(x))
    return model


def _families(genres: Sequence[str]) -> Tensor:
    """Return which genre is in which family [genres, families], 0 or 1. A genre without a family is
    one of its own."""
    names = [family_of(genre) or genre for genre in genres]
    order = sorted(set(names))
    table = torch.zeros(len(genres), len(order))
    table[range(len(genres)), [order.index(name) for name in names]] = 1
    return table


def stored(config: TrainConfig, state: Mapping[str, Tensor]) -> PhraseAutoencoder:
    """Return a model whose books have the sizes of those in `state`, which it can then load."""
    shapes: list[tuple[int, ...]] = []
    while (book := state.get(f"decoder.books.{len(shapes)}")) is not None:
        shapes.append(tuple(book.shape))
    return PhraseAutoencoder(
        config, [np.zeros(shape, np.uint8) for shape in shapes], len(state["genre.2.bias"])
    )


def loss(model: PhraseAutoencoder, x: Tensor, guesses: Tensor, config: TrainConfig) -> Tensor:
    """Return the loss of beats x [n, 448]: the choices' nats, weighted `spread`, and the nats of
    guessing what `guesses` [n, genres] say, by genre and by family.

    The encoder misses some hits and hears others that are none, so that it learns not to depend on
    any single one.
    """
    heard = x * (torch.rand_like(x) >= config.missed)
    heard = torch.maximum(heard, (torch.rand_like(x) < config.added).float())
    z = model.encode(heard)
    noisy = z + config.latent_noise * torch.randn_like(z)
    total = model.decoder.loss(noisy, x) + config.spread_weight * spread(z)
    if config.genre_weight and guesses.shape[1]:
        blurred = z + config.genre_noise * torch.randn_like(z)
        log_p = torch.log_softmax(model.genre(blurred), 1)
        total = total + config.genre_weight * nats_of_guesses(log_p, guesses, model.families)
    return total


def nats_of_guesses(log_p: Tensor, guesses: Tensor, families: Tensor) -> Tensor:
    """Return the mean cross-entropy of log probabilities [n, genres], by genre and by family."""
    by_family = torch.log(log_p.exp() @ families + 1e-9)
    own = (guesses * log_p).sum(1) + (guesses @ families * by_family).sum(1)
    return -own.mean() / 2
