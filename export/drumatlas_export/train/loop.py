"""The training loop, to be read from top to bottom."""

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
from drumatlas_export.train.models import (
    CELLS,
    Autoencoder,
    Critic,
    acai_losses,
    ae_loss,
    reconstruction,
    swae_loss,
    vae_loss,
)

Progress = Callable[[int, float, float], None]  # epoch, training loss, validation loss


@dataclass(frozen=True, slots=True)
class Trained:
    """The model of the best epoch; where the learning rate is annealed, of the last one."""

    model: Autoencoder
    epochs: int
    best_epoch: int
    validation_loss: float  # nats a beat


def _quiet(epoch: int, train: float, validation: float) -> None:
    """No progress."""


def epoch_rows(n: int, songs: NDArray[np.int64], most: int) -> Tensor:
    """Rows 0..n - 1 in a drawn order, of each song at most so many (0: all)."""
    order = torch.randperm(n)
    if not most:
        return order
    drawn = songs[order.numpy()]
    by_song = np.argsort(drawn, kind="stable")
    turn = np.empty(n, np.int64)  # the how-manieth of its song
    turn[by_song] = np.arange(n) - np.searchsorted(drawn[by_song], drawn[by_song])
    return order[torch.from_numpy(turn < most)]


def train(
    x: Tensor,
    validation: Tensor,
    config: TrainConfig,
    progress: Progress = _quiet,
    songs: NDArray[np.int64] | None = None,
) -> Trained:
    """Fit `config`'s model to x [n, 32, 14] (0 or 1); stop when `validation` gets no
    better, or, where the learning rate is annealed, when it has come down.

    `songs` [n] are numbers of the beats' songs; without them each beat is one."""
    torch.manual_seed(config.seed)
    x, validation = x.reshape(-1, CELLS), validation.reshape(-1, CELLS)
    model, critic = Autoencoder(config), Critic(config)
    optimiser = torch.optim.Adam(model.parameters(), config.learning_rate)
    critic_optimiser = torch.optim.Adam(critic.parameters(), config.learning_rate)
    songs = np.arange(len(x)) if songs is None else songs
    best_loss, best_epoch, best_state = float("inf"), 0, copy.deepcopy(model.state_dict())

    for epoch in range(1, config.max_epochs + 1):
        if config.anneal:
            share = (1 + cos(pi * (epoch - 1) / config.max_epochs)) / 2
            optimiser.param_groups[0]["lr"] = config.learning_rate * share
        total = 0.0
        order = epoch_rows(len(x), songs, config.song_beats)
        for rows in torch.split(order, config.batch):
            batch = x[rows]
            if config.kind == "acai":
                loss, critic_loss = acai_losses(model, critic, batch, config)
            elif config.kind == "vae":
                loss = vae_loss(model, batch, config.kl_weight)
            elif config.kind == "swae":
                loss = swae_loss(model, batch, config)
            else:
                loss = ae_loss(model, batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if config.kind == "acai":
                critic_optimiser.zero_grad()  # also drops what the autoencoder's loss left here
                critic_loss.backward()  # type: ignore[no-untyped-call]
                critic_optimiser.step()
            total += loss.item() * len(rows)

        with torch.no_grad():
            held_out = reconstruction(model.logits(model.encode(validation)), validation).item()
        progress(epoch, total / len(order), held_out)
        if held_out < best_loss or (config.anneal and isfinite(held_out)):
            best_loss, best_epoch, best_state = held_out, epoch, copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= config.patience:
            break

    if best_epoch == 0:
        raise ModelError("the loss was never a number", "lower learning_rate and the weights")
    model.load_state_dict(best_state)
    return Trained(model, epoch, best_epoch, best_loss)
