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
from drumatlas_export.train.kinds import KINDS, Beats
from drumatlas_export.train.models import Critic, Model

ReportEpoch = Callable[[int, float, float], None]  # epoch, training loss, validation loss


@dataclass(frozen=True, slots=True)
class Trained:
    """The model of the best epoch or, with an annealed learning rate, of the last one."""

    model: Model
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
    beats: Beats, validation: Tensor, config: TrainConfig, progress: ReportEpoch = _quiet
) -> Trained:
    """Train the model of `config` on `beats`.

    Training stops once the loss on `validation` [m, 448] no longer improves or, with an annealed
    learning rate, after all epochs. ModelError if the loss is never finite; BeatError if the beats
    are too few for this kind of model.
    """
    torch.manual_seed(config.seed)
    model, critic = KINDS[config.kind].new(config, beats), Critic(config)
    optimisers = [
        torch.optim.Adam(
            [one for one in network.parameters() if one.requires_grad], config.learning_rate
        )
        for network in (model, critic)
    ]
    guesses = KINDS[config.kind].guesses(config, beats)
    best_loss, best_epoch, best_state = float("inf"), 0, copy.deepcopy(model.state_dict())

    for epoch in range(1, config.max_epochs + 1):
        optimisers[0].param_groups[0]["lr"] = _learning_rate(config, epoch)
        order = epoch_rows(len(beats), beats.songs, config.song_beats)
        parts = torch.split(order, config.batch)
        batches = ((beats.x[rows], guesses[rows]) for rows in parts)
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
    model: Model,
    critic: Critic,
    optimisers: list[torch.optim.Adam],
    batch: tuple[Tensor, Tensor],
    config: TrainConfig,
) -> float:
    """Take one step on beats [n, 448] and their guesses
    [n, genres]; return the sum of the model's loss.

    `optimisers` are those of the model and of the critic.
    """
    losses = KINDS[config.kind].losses(model, critic, *batch, config)
    for optimiser, loss in zip(optimisers, losses, strict=False):
        optimiser.zero_grad()  # the loss before also left gradients in the critic
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return losses[0].item() * len(batch[0])


def _held_out(model: Model, validation: Tensor) -> float:
    """Return the loss of held-out beats [m, 448] in nats per beat."""
    with torch.no_grad():
        return model.held_out_loss(validation).item()
