"""The training loop. Read it from top to bottom."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, isfinite, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from drumatlas.errors import ModelError
from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.models import CELLS, LOSSES, Autoencoder, Critic, reconstruction

ReportEpoch = Callable[[int, float, float], None]  # epoch, training loss, validation loss


@dataclass(frozen=True, slots=True)
class Trained:
    """The model of the best epoch or, with an annealed learning rate, of the last one."""

    model: Autoencoder
    epochs: int
    best_epoch: int
    validation_loss: float  # nats per beat


def _quiet(epoch: int, train: float, validation: float) -> None:
    """Report nothing."""


def epoch_rows(n: int, songs: NDArray[np.int64], most: int) -> Tensor:
    """Return rows 0..n - 1 in random order, with at most `most` rows per song (0: no limit).

    `songs` [n] holds the number of each row's song.
    """
    order = torch.randperm(n)
    if not most:
        return order
    drawn = songs[order.numpy()]
    by_song = np.argsort(drawn, kind="stable")
    rank = np.empty(n, np.int64)  # of each row within its song
    rank[by_song] = np.arange(n) - np.searchsorted(drawn[by_song], drawn[by_song])
    return order[torch.from_numpy(rank < most)]


def train(
    x: Tensor,
    validation: Tensor,
    config: TrainConfig,
    progress: ReportEpoch = _quiet,
    songs: NDArray[np.int64] | None = None,
) -> Trained:
    """Train the model of `config` on x [n, 32, 14] (0 or 1).

    Training stops once the loss on `validation` [m, 32, 14] no longer improves or, with an annealed
    learning rate, after all epochs. `songs` [n] holds the number of each beat's song; without it,
    each beat counts as a song. ModelError if the loss is never finite.
    """
    torch.manual_seed(config.seed)
    x, validation = x.reshape(-1, CELLS), validation.reshape(-1, CELLS)
    model, critic = Autoencoder(config), Critic(config)
    optimisers = [
        torch.optim.Adam(network.parameters(), config.learning_rate) for network in (model, critic)
    ]
    songs = np.arange(len(x)) if songs is None else songs
    best_loss, best_epoch, best_state = float("inf"), 0, copy.deepcopy(model.state_dict())

    for epoch in range(1, config.max_epochs + 1):
        optimisers[0].param_groups[0]["lr"] = _learning_rate(config, epoch)
        order = epoch_rows(len(x), songs, config.song_beats)
        batches = (x[rows] for rows in torch.split(order, config.batch))
        total = sum(_step(model, critic, optimisers, batch, config) for batch in batches)
        held_out = _held_out(model, validation)
        progress(epoch, total / len(order), held_out)
        if held_out < best_loss or (config.anneal and isfinite(held_out)):
            best_loss, best_epoch, best_state = held_out, epoch, copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= config.patience:
            break

    if best_epoch == 0:
        raise ModelError(
            "the loss was never finite", "lower learning_rate and the *_weight settings"
        )
    model.load_state_dict(best_state)
    return Trained(model, epoch, best_epoch, best_loss)


def _learning_rate(config: TrainConfig, epoch: int) -> float:
    """Return the learning rate of an epoch, 1..max_epochs."""
    if not config.anneal:
        return config.learning_rate
    return config.learning_rate * ((1 + cos(pi * (epoch - 1) / config.max_epochs)) / 2)


def _step(
    model: Autoencoder,
    critic: Critic,
    optimisers: list[torch.optim.Adam],
    batch: Tensor,
    config: TrainConfig,
) -> float:
    """Take one step on a batch [n, 448]; return the sum of the autoencoder's loss over its beats.

    `optimisers` are those of the model and of the critic.
    """
    losses = LOSSES[config.kind](model, critic, batch, config)
    for optimiser, loss in zip(optimisers, losses, strict=False):
        optimiser.zero_grad()  # the loss before also left gradients in the critic
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return losses[0].item() * len(batch)


def _held_out(model: Autoencoder, validation: Tensor) -> float:
    """Return the reconstruction loss of held-out beats [m, 448] in nats per beat."""
    with torch.no_grad():
        return reconstruction(model.logits(model.encode(validation)), validation).item()
