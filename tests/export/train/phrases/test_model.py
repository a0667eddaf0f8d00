import numpy as np
import pytest
import torch
from torch import Tensor

from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.phrases import model as phrases

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def x() -> Tensor:
    """Twenty beats [100, 448] of five songs each."""
    beats = np.random.default_rng(2).random((20, 448)) < 0.15
    return torch.from_numpy(np.repeat(beats, 5, axis=0)).float()


def made(x: Tensor, **settings: float) -> phrases.PhraseAutoencoder:
    torch.manual_seed(1)
    config = TrainConfig(kind="phrases", hidden=(16,), **settings)  # type: ignore[arg-type]
    return phrases.new(config, x, np.arange(len(x)), ("house", "techno", "rock", "polka"))


def loss(x: Tensor, guesses: Tensor, **settings: float) -> float:
    one = made(x, **settings)
    torch.manual_seed(2)
    config = TrainConfig(kind="phrases", **settings)  # type: ignore[arg-type]
    return float(phrases.loss(one, x, guesses, config).detach())


def test_the_settings_reach_the_decoder(x: Tensor) -> None:
    assert made(x, sharpness=3.0).decoder.sharpness == 3.0
    assert made(x).decoder.sharpness == 0.0


def test_each_genre_is_in_one_family_or_its_own(x: Tensor) -> None:
    families = made(x).families
    assert families.sum(1).tolist() == [1, 1, 1, 1]
    assert torch.equal(families[0], families[1])  # house and techno are dance
    assert (families[0] * families[2]).sum() == 0
    assert families.shape[1] == 3


def test_the_guess_counts_by_its_weight_and_only_where_there_is_one(x: Tensor) -> None:
    guesses = torch.full((len(x), 4), 0.25)
    plain, none = loss(x, guesses), loss(x, torch.zeros(len(x), 0), genre_weight=2.0)
    assert none == pytest.approx(plain)
    one, two = (loss(x, guesses, genre_weight=weight) - plain for weight in (1.0, 2.0))
    assert two == pytest.approx(2 * one, rel=1e-3)
    assert one > 0.5  # about log 4 by genre, log 3 by family


def test_the_encoder_hears_less_and_more_than_there_is(x: Tensor) -> None:
    heard: list[Tensor] = []
    one = made(x)
    one.encoder.register_forward_pre_hook(lambda _, given: heard.append(given[0].detach()))
    config = TrainConfig(kind="phrases", missed=0.2, added=0.05)
    phrases.loss(one, x, torch.zeros(len(x), 0), config)
    kept, extra = heard[0][x > 0].mean(), heard[0][x == 0].mean()
    assert float(kept) == pytest.approx(0.81, abs=0.03)  # one in 20 of the missed is added again
    assert float(extra) == pytest.approx(0.05, abs=0.01)
