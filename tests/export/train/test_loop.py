from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import DrumatlasError
from drumatlas_export.train.config import KINDS, TrainConfig
from drumatlas_export.train.kinds import Beats
from drumatlas_export.train.loop import Trained, epoch_rows, train

pytestmark = pytest.mark.export

QUICK = TrainConfig(hidden=(16,), learning_rate=1e-2, max_epochs=8, batch=32)
Epoch = tuple[int, float, float]


@pytest.fixture(scope="module")
def x(rows: list[BeatRow]) -> Tensor:
    return torch.from_numpy(grids([row.code for row in rows[:160]])).float()


def beats_of(x: Tensor) -> Beats:
    return Beats(x.flatten(1), np.arange(len(x)), torch.full((len(x),), -1), ())


def run(x: Tensor, validation: Tensor, config: TrainConfig) -> tuple[Trained, list[Epoch]]:
    epochs: list[Epoch] = []
    report = lambda *one: epochs.append(one)  # noqa: E731 - three numbers, kept as they come
    return train(beats_of(x), validation.flatten(1), config, report), epochs


def held_out(trained: Trained, validation: Tensor) -> float:
    with torch.no_grad():
        return trained.model.held_out_loss(validation.flatten(1)).item()


@pytest.mark.parametrize("kind", KINDS)
def test_training_lowers_both_losses(kind: str, x: Tensor) -> None:
    rate = 2e-3 if kind == "phrases" else QUICK.learning_rate  # else it learns these by heart
    trained, epochs = run(x[:120], x[120:], replace(QUICK, kind=kind, learning_rate=rate))
    assert [number for number, _, _ in epochs] == list(range(1, 9))
    assert epochs[-1][1] < 0.8 * epochs[0][1]
    assert epochs[-1][2] < (0.92 if kind == "phrases" else 0.8) * epochs[0][2]
    assert (trained.epochs, trained.best_epoch) == (8, min(epochs, key=lambda one: one[2])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_model(kind: str, x: Tensor) -> None:
    config = replace(QUICK, kind=kind, max_epochs=3)
    first, again = (run(x[:120], x[120:], config)[0].model.state_dict() for _ in range(2))
    other = run(x[:120], x[120:], replace(config, seed=2))[0].model.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["encoder.0.weight"], other["encoder.0.weight"])


def test_training_stops_early_and_gives_the_best_model(x: Tensor) -> None:
    # Beats that are the contrary of what is learnt: they fit worse and worse.
    config = replace(QUICK, kind="ae", max_epochs=200, patience=4)
    trained, epochs = run(x, 1 - x[:20], config)
    losses = [validation for _, _, validation in epochs]
    assert trained.epochs == len(epochs) == trained.best_epoch + 4
    assert trained.validation_loss == min(losses) == losses[trained.best_epoch - 1]
    assert held_out(trained, 1 - x[:20]) == pytest.approx(min(losses), rel=1e-6)
    assert losses[-1] > 1.05 * min(losses)


def test_the_training_loss_is_a_mean_over_beats(x: Tensor) -> None:
    # A step so small that nothing is learnt: both losses are of the model as it was made.
    config = replace(QUICK, kind="ae", max_epochs=1, learning_rate=1e-12, batch=50)
    _, ((_, loss, validation),) = run(x[:120], x[:120], config)
    assert loss == pytest.approx(validation, rel=1e-5)


def test_the_callers_arrays_stay_as_they_are(x: Tensor) -> None:
    before = x.clone()
    run(x[:120], x[120:], replace(QUICK, kind="acai", max_epochs=1))
    assert torch.equal(x, before)


def test_a_run_that_never_had_a_loss_is_no_success(x: Tensor) -> None:
    config = replace(QUICK, kind="vae", kl_weight=float("nan"), patience=2)
    with pytest.raises(DrumatlasError):
        run(x[:120], x[120:], config)


def test_an_epoch_takes_so_many_beats_of_a_song() -> None:
    songs = np.array([5] * 40 + [-1, -2, -3] + [9] * 2)
    torch.manual_seed(0)
    order = epoch_rows(len(songs), songs, 3)
    assert sorted(songs[order]) == [-3, -2, -1, 5, 5, 5, 9, 9]
    assert len(set(order.tolist())) == 8
    drawn = {tuple(sorted(epoch_rows(len(songs), songs, 3).tolist())) for _ in range(5)}
    assert len(drawn) > 1  # other beats of the long song
    assert sorted(epoch_rows(len(songs), songs, 0).tolist()) == list(range(45))


def test_annealing_ends_in_small_steps_and_takes_the_last_model(x: Tensor) -> None:
    config = replace(QUICK, kind="ae", max_epochs=30, patience=2, learning_rate=3e-2)
    _, plain = run(x[:120], x[120:], replace(config, patience=99))
    # Held out: the contrary of what is learnt, which gets worse and worse.
    trained, annealed = run(x[:120], 1 - x[:20], replace(config, anneal=True))
    assert trained.epochs == trained.best_epoch == 30
    assert trained.validation_loss == annealed[-1][2] > min(loss for _, _, loss in annealed)
    assert annealed[0][1] == plain[0][1]  # the first epoch is at the full rate

    def last_moves(epochs: list[Epoch]) -> float:
        return abs(epochs[-1][1] - epochs[-2][1])

    assert last_moves(annealed) < last_moves(plain)
