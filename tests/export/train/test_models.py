from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.models import (
    CELLS,
    LATENT,
    Autoencoder,
    Critic,
    acai_losses,
    ae_loss,
    levelled,
    reconstruction,
    spread,
    swae_loss,
    vae_loss,
)

pytestmark = pytest.mark.export

ACAI = TrainConfig(kind="acai", hidden=(12, 7), critic_weight=0.7, critic_gamma=0.3)
VAE = TrainConfig(kind="vae", hidden=(12,))
Doubles = NDArray[np.float64]


# Apart by more than rounding, or no level would lie between two.
logits = st.lists(
    st.integers(-1920, 1920).map(lambda n: n / 64), min_size=2, max_size=40, unique=True
)


@given(logits)
def test_levelled_lets_as_many_cells_hit_as_are_expected_the_likeliest(values: list[float]) -> None:
    before = torch.tensor([values])
    after = levelled(before)
    expected = float(torch.sigmoid(before).sum())
    hits = int((after > 0).sum())
    assert abs(hits - min(max(expected, 0.5), len(values) - 1.5)) <= 0.5 + 1e-3
    assert set(before.argsort()[0, len(values) - hits :].tolist()) == set(
        (after[0] > 0).nonzero()[:, 0].tolist()
    )
    assert torch.allclose(before - before[:, :1], after - after[:, :1], atol=1e-4)


def test_the_level_turns_with_the_logits_and_never_jumps() -> None:
    torch.manual_seed(3)
    a, b = torch.randn(2, 1, CELLS) - 2
    share = torch.linspace(0, 1, 20_001)[:, None]
    level = (a + share * (b - a) - levelled(a + share * (b - a)))[:, 0]
    assert float(level.diff().abs().max()) < 1e-3
    assert float(level.max() - level.min()) > 0.01


def test_a_levelled_model_decodes_so_and_learns_from_plain_logits() -> None:
    torch.manual_seed(6)
    model = Autoencoder(TrainConfig(kind="swae", hidden=(12,), likeliest=True))
    z = torch.randn(5, LATENT)
    p = torch.sigmoid(model.logits(z))
    hits = (model.decode(z) > 0.5).sum(dim=(1, 2))
    assert torch.equal(hits, p.sum(dim=1).round().long())
    assert not torch.equal(hits, (p > 0.5).sum(dim=1))


@pytest.fixture
def x() -> Tensor:
    """Nine beats as the loop gives them: [9, 448]."""
    torch.manual_seed(11)
    return (torch.rand(9, CELLS) < 0.2).float()


def seeded_model(config: TrainConfig) -> Autoencoder:
    torch.manual_seed(5)
    return Autoencoder(config)


def widths(stack: nn.Sequential) -> list[tuple[int, int]]:
    return [(one.in_features, one.out_features) for one in stack if isinstance(one, nn.Linear)]


def by_hand(stack: nn.Sequential, x: Doubles) -> Doubles:
    """A stack of layers in numpy: ReLU between them, none at the end."""
    layers = [one for one in stack if isinstance(one, nn.Linear)]
    for i, layer in enumerate(layers):
        x = x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
        if i < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


def sigmoid(x: Doubles) -> Doubles:
    return 1 / (1 + np.exp(-x))


def cross_entropy(p: Doubles, x: Doubles) -> Doubles:
    """Of each beat, summed over its cells."""
    nats: Doubles = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    return nats


def test_the_articles_network() -> None:
    model = Autoencoder(TrainConfig(kind="acai"))
    assert widths(model.encoder) == [(448, 64), (64, 32), (32, 4)]
    assert widths(model.decoder) == [(4, 32), (32, 64), (64, 448)]
    assert widths(Critic(TrainConfig()).net) == [(448, 64), (64, 32), (32, 4)]
    assert widths(Autoencoder(TrainConfig(kind="vae")).encoder)[-1] == (32, 8)


@pytest.mark.parametrize("config", [ACAI, VAE])
def test_shapes_and_ranges(config: TrainConfig, x: Tensor) -> None:
    model = seeded_model(config)
    z = model.encode(x.reshape(-1, 32, 14))
    p = model.decode(z * 50)
    assert z.shape == (9, LATENT)
    assert model.logits(z).shape == (9, CELLS)
    assert p.shape == (9, 32, 14)
    assert p.min() >= 0
    assert p.max() <= 1
    assert torch.equal(z, model.encode(x))


@pytest.mark.parametrize("config", [ACAI, VAE])
def test_forward_by_hand(config: TrainConfig, x: Tensor) -> None:
    model = seeded_model(config)
    z = by_hand(model.encoder, x.double().numpy())[:, :LATENT]
    assert model.encode(x).detach().numpy() == pytest.approx(z, abs=1e-5)
    p = sigmoid(by_hand(model.decoder, z)).reshape(-1, 32, 14)
    assert model.decode(model.encode(x)).detach().numpy() == pytest.approx(p, abs=1e-5)


def test_the_critic_is_the_mean_of_its_last_activations(x: Tensor) -> None:
    critic = Critic(ACAI)
    expected = by_hand(critic.net, x.double().numpy()).mean(axis=1)
    assert critic(x).detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_reconstruction_is_nats_a_beat(x: Tensor) -> None:
    logits = torch.randn(9, CELLS) * 3
    expected = -Bernoulli(logits=logits.double()).log_prob(x.double()).sum(1).mean()
    assert reconstruction(logits, x).item() == pytest.approx(expected.item(), rel=1e-5)


def test_ae_loss_is_the_reconstruction(x: Tensor) -> None:
    model = seeded_model(TrainConfig(kind="ae", hidden=(12, 7)))
    p = sigmoid(by_hand(model.decoder, by_hand(model.encoder, x.double().numpy())))
    expected = cross_entropy(p, x.double().numpy()).mean()
    assert ae_loss(model, x, ACAI).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
def test_vae_loss_is_reconstruction_and_weighted_divergence(weight: float, x: Tensor) -> None:
    model = seeded_model(VAE)
    torch.manual_seed(3)
    loss = vae_loss(model, x, replace(VAE, kl_weight=weight))
    torch.manual_seed(3)
    mean, log_variance = model.encoder(x).chunk(2, dim=1)
    posterior = Normal(mean, torch.exp(log_variance / 2))
    z = mean + posterior.scale * torch.randn(9, LATENT)
    kl = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1).mean()
    rebuilt = -Bernoulli(logits=model.logits(z)).log_prob(x).sum(1).mean()
    assert kl.item() > 0.01
    assert loss.item() == pytest.approx((rebuilt + weight * kl).item(), rel=1e-5)


def acai_by_hand(model: Autoencoder, critic: Critic, x: Doubles, alpha: Doubles) -> tuple:
    """Berthelot et al. 2018, section 3, in numpy."""
    z = by_hand(model.encoder, x)
    rebuilt = sigmoid(by_hand(model.decoder, z))
    partner = np.concatenate([z[-1:], z[:-1]])
    mix = sigmoid(by_hand(model.decoder, alpha * z + (1 - alpha) * partner))
    told_mix = by_hand(critic.net, mix).mean(axis=1)
    blend = ACAI.critic_gamma * x + (1 - ACAI.critic_gamma) * rebuilt
    told_blend = by_hand(critic.net, blend).mean(axis=1)
    # The reconstruction is a mean over cells, so that lambda weighs what it does in the paper.
    ae = cross_entropy(rebuilt, x).mean() / 448 + ACAI.critic_weight * (told_mix**2).mean()
    return ae, ((told_mix - alpha[:, 0]) ** 2).mean() + (told_blend**2).mean()


@pytest.mark.parametrize("seed", range(3))
def test_acai_losses_by_hand(seed: int, x: Tensor) -> None:
    model, critic = seeded_model(ACAI), Critic(ACAI)
    with torch.no_grad():  # a critic just made says nearly nothing
        for one in critic.parameters():
            one.mul_(5)
    torch.manual_seed(seed)
    losses = [loss.item() for loss in acai_losses(model, critic, x, ACAI)]
    torch.manual_seed(seed)
    alpha = 0.5 * torch.rand(9, 1).double().numpy()
    assert losses == pytest.approx(acai_by_hand(model, critic, x.double().numpy(), alpha), rel=1e-4)


def has_gradient(module: nn.Module) -> bool:
    return any(one.grad is not None and bool(one.grad.any()) for one in module.parameters())


def test_the_critics_loss_does_not_move_the_autoencoder(x: Tensor) -> None:
    model, critic = seeded_model(ACAI), Critic(ACAI)
    acai_losses(model, critic, x, ACAI)[1].backward()
    assert has_gradient(critic)
    assert not has_gradient(model)


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_the_autoencoder_learns_from_the_critic_by_its_weight(weight: float, x: Tensor) -> None:
    config = TrainConfig(kind="acai", hidden=(12, 7), critic_weight=weight)
    model, critic = seeded_model(config), Critic(config)
    loss = acai_losses(model, critic, x, config)[0]
    loss.backward()
    assert has_gradient(model)
    assert has_gradient(critic) == (weight > 0)  # which the loop drops
    if not weight:
        assert loss.item() == pytest.approx(ae_loss(model, x, ACAI).item() / CELLS, rel=1e-5)


def test_spread_is_the_distance_from_the_prior() -> None:
    torch.manual_seed(3)
    drawn = torch.randn(4000, LATENT)
    assert spread(drawn) < 0.01
    # All of a direction's quantiles are off by the mean's part in it: 2² / 4 dimensions on average.
    moved = drawn + torch.tensor([2.0, 0, 0, 0])
    assert spread(moved).item() == pytest.approx(1, rel=0.35)
    # Three times as wide: off by 2 deviations, whatever the direction.
    assert spread(3 * drawn).item() == pytest.approx(4, rel=0.1)
    assert spread(torch.zeros(4000, LATENT)).item() == pytest.approx(1, rel=0.05)
    assert spread(torch.zeros(1, LATENT)) == 0


def test_swae_loss_is_reconstruction_and_spread(x: Tensor) -> None:
    config = TrainConfig(kind="swae", hidden=(12,), spread_weight=3.0)
    model = seeded_model(config)
    torch.manual_seed(8)
    loss = swae_loss(model, x, config)
    torch.manual_seed(8)
    z = model.encode(x)
    torch.randn_like(z)
    expected = reconstruction(model.logits(z), x) + 3 * spread(z)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    noisy = TrainConfig(kind="swae", hidden=(12,), spread_weight=0.0, latent_noise=5.0)
    assert swae_loss(model, x, noisy) > 1.01 * reconstruction(model.logits(z), x)
