"""The kinds of models: how each is made, read back from a checkpoint, and trained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.models import (
    Autoencoder,
    Critic,
    Model,
    acai_losses,
    ae_loss,
    swae_loss,
    vae_loss,
)
from drumatlas_export.train.phrases import model as phrases
from drumatlas_export.train.phrases.genres import judged


@dataclass(frozen=True, slots=True)
class Beats:
    """Training beats x [n, 448] (0 or 1), the number of each one's song [n], and the number of its
    genre [n] among `names`, -1 for none."""

    x: Tensor
    songs: NDArray[np.int64]
    genres: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.x)


# Makes a model of a kind for beats; reads the form of one from the arrays of a checkpoint.
New = Callable[[TrainConfig, Beats], Model]
Stored = Callable[[TrainConfig, Mapping[str, Tensor]], Model]
# Returns the probability of each genre for each of the beats: [n, genres], or [n, 0] if the kind
# does not learn from genres.
Guesses = Callable[[TrainConfig, Beats], Tensor]
# Returns, for beats x [n, 448] and their guesses [n, genres], the loss of the model, then that of
# the critic if the kind trains it.
Losses = Callable[[Any, Critic, Tensor, Tensor, TrainConfig], tuple[Tensor, ...]]


@dataclass(frozen=True, slots=True)
class ModelKind:
    """What is special about one kind of model."""

    losses: Losses
    new: New = lambda config, _beats: Autoencoder(config)
    stored: Stored = lambda config, _state: Autoencoder(config)
    guesses: Guesses = lambda _config, beats: torch.zeros(len(beats), 0)


def _of_model(loss: Callable[[Any, Tensor, TrainConfig], Tensor]) -> Losses:
    """Return `loss` for a kind that trains no critic and learns from no genres."""
    return lambda model, _critic, x, _guesses, config: (loss(model, x, config),)


# Their settings are in config.RECIPES.
KINDS: dict[str, ModelKind] = {
    "ae": ModelKind(_of_model(ae_loss)),
    "vae": ModelKind(_of_model(vae_loss)),
    "acai": ModelKind(
        lambda model, critic, x, _guesses, config: acai_losses(model, critic, x, config)
    ),
    "swae": ModelKind(_of_model(swae_loss)),
    "phrases": ModelKind(
        lambda model, _critic, x, guesses, config: (phrases.loss(model, x, guesses, config),),
        lambda config, beats: phrases.new(config, beats.x, beats.songs, beats.names),
        phrases.stored,
        lambda config, beats: judged(
            beats.x, beats.songs, beats.genres, config.genre_own, config.seed
        ),
    ),
}
