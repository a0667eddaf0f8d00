"""The training loop, to be read from top to bottom."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
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
    vae_loss,
)

Progress = Callable[[int, float, float], None]  # epoch, training loss, validation loss


@dataclass(frozen=True, slots=True)
class Trained:
    """The model of the best epoch."""

    model: Autoencoder
    epochs: int
    best_epoch: int
    validation_loss: float  # nats a beat


def _quiet(epoch: int, train: float, validation: float) -> None:
    """No progress."""


def train(
    x: Tensor, validation: Tensor, config: TrainConfig, progress: Progress = _quiet
) -> Trained:
    """Fit `config`'s model to x [n, 32, 14] (0 or 1); stop when `validation` gets no better."""
    torch.manual_seed(config.seed)
    x, validation = x.reshape(-1, CELLS), validation.reshape(-1, CELLS)
    model, critic = Autoencoder(config), Critic(config)
    optimiser = torch.optim.Adam(model.parameters(), config.learning_rate)
    critic_optimiser = torch.optim.Adam(critic.parameters(), config.learning_rate)
    best_loss, best_epoch, best_state = float("inf"), 0, copy.deepcopy(model.state_dict())

    for epoch in range(1, config.max_epochs + 1):
        total = 0.0
        for rows in torch.split(torch.randperm(len(x)), config.batch):
            batch = x[rows]
            if config.kind == "acai":
                loss, critic_loss = acai_losses(model, critic, batch, config)
            elif config.kind == "vae":
                loss = vae_loss(model, batch, config.kl_weight)
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
        progress(epoch, total / len(x), held_out)
        if held_out < best_loss:
            best_loss, best_epoch, best_state = held_out, epoch, copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= config.patience:
            break

    if best_epoch == 0:
        raise ModelError("the loss was never a number; lower learning_rate and the weights")
    model.load_state_dict(best_state)
    return Trained(model, epoch, best_epoch, best_loss)
