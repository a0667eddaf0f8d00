import numpy as np
import pytest
import torch

from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.train.config import RECIPES, TrainConfig
from drumatlas_export.train.kinds import KINDS, Beats
from drumatlas_export.train.models import Critic

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def beats(rows: list[BeatRow]) -> Beats:
    x = torch.from_numpy(grids([row.code for row in rows])).float().flatten(1)
    genres = torch.arange(len(rows)) % 4 - 1
    return Beats(x, np.arange(len(rows)), genres, ("house", "rock", "techno"))


def test_the_kinds_are_those_that_have_settings() -> None:
    assert tuple(KINDS) == tuple(RECIPES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("genres", [0, 3])
def test_every_kind_has_a_loss_which_takes_a_batch_of_one(
    kind: str, genres: int, beats: Beats
) -> None:
    config = TrainConfig(kind=kind, hidden=(12, 7), genre_weight=1.0)
    model = KINDS[kind].new(config, beats)
    guesses = torch.full((1, genres), 0.3)
    losses = KINDS[kind].losses(model, Critic(config), beats.x[:1], guesses, config)
    assert all(torch.isfinite(loss) for loss in losses)
    assert len(losses) == (2 if kind == "acai" else 1)  # its critic is trained, too


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_made_from_its_state_alone(kind: str, beats: Beats) -> None:
    config = TrainConfig(kind=kind, hidden=(12, 7))
    model = KINDS[kind].new(config, beats).eval()
    again = KINDS[kind].stored(config, model.state_dict()).eval()
    again.load_state_dict(model.state_dict())
    z = model.encode(beats.x[:9])
    assert torch.equal(again.encode(beats.x[:9]), z)
    assert torch.equal(again.decode(z), model.decode(z))
    assert model.decode(z).shape == (9, 32, 14)
