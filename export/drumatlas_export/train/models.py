"""The article's three networks, AE, VAE and ACAI (448-64-32-4 and back), and the SWAE, whose
encodings fill the prior in which the player moves."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas_export.train.config import TrainConfig, recipe

LATENT = 4
CELLS = STEPS * VOICES  # 448


def stack(widths: list[int]) -> nn.Sequential:
    """Return linear layers of these widths, with a ReLU between two of them."""
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU after the last


class Model(nn.Module):
    """An encoder, and a decoder of any kind."""

    encoder: nn.Module
    has_own_level = False  # whether a probability of 1/2 is the threshold of each voice
    chooses = False  # whether the decoder jumps from one choice to another between two places

    def encode(self, x: Tensor) -> Tensor:
        """Return the latent points [n, 4] of x [n, 32, 14] in 0..1 (for a VAE, the means)."""
        z: Tensor = self.encoder(x.flatten(1))[:, :LATENT]
        return z

    def decode(self, z: Tensor) -> Tensor:
        """Return probabilities [n, 32, 14] at z [n, 4]."""
        raise NotImplementedError

    def held_out_loss(self, x: Tensor) -> Tensor:
        """Return the mean nats of held-out beats x [n, 448], encoded and decoded."""
        raise NotImplementedError

    def settle(self, x: Tensor, weight: Tensor, seed: int) -> None:
        """Set what is not trained by gradients, from the training beats x [n, 32, 14], each of
        which counts by its weight [n]. Most models have nothing of the kind."""


class Autoencoder(Model):
    """Encoder and decoder. The encoder of a VAE returns mean and log variance."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.has_own_level = config.likeliest
        hidden = list(config.hidden)
        outputs = 2 * LATENT if recipe(config.kind).encodes_variance else LATENT
        self.encoder = stack([CELLS, *hidden, outputs])
        self.decoder = stack([LATENT, *reversed(hidden), CELLS])

    def logits(self, z: Tensor) -> Tensor:
        """Return the logits [n, 448] at latent points z [n, 4]."""
        out: Tensor = self.decoder(z)
        return out

    def decode(self, z: Tensor) -> Tensor:
        """Return probabilities [n, 32, 14] at z [n, 4]; with `likeliest`, of levelled logits."""
        logits = self.logits(z)
        if self.has_own_level:
            logits = levelled(logits)
        return torch.sigmoid(logits).reshape(-1, STEPS, VOICES)

    def held_out_loss(self, x: Tensor) -> Tensor:
        """Return the reconstruction loss of held-out beats x [n, 448] in nats per beat."""
        return reconstruction(self.logits(self.encode(x)), x)


class Critic(nn.Module):
    """ACAI's critic d: estimates from a beat the share of a second one that was mixed in.

    It has the encoder's layers; as in the paper, its output is the mean of the last activations.
    """

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.net = stack([CELLS, *config.hidden, LATENT])

    def forward(self, x: Tensor) -> Tensor:
        """Return the estimated share [n] for beats x [n, 448]."""
        out: Tensor = self.net(x).mean(dim=1)
        return out


def levelled(logits: Tensor) -> Tensor:
    """Shift each row of logits [n, m] so that exactly its k most likely cells exceed 0.

    k = round(sum of p), so that as many cells hit as the network expects. One threshold for all
    places would drop rare hits, and would give too few hits wherever the network is unsure. The
    shift is the value of the logits, in descending order, at position (sum of p) + 1/2, with linear
    interpolation. It therefore changes continuously with z.
    """
    falling = logits.topk(logits.shape[1], dim=1).values  # a sort that ONNX supports
    expected = torch.sigmoid(logits).sum(dim=1, keepdim=True)
    place = (expected - 0.5).clamp(0, logits.shape[1] - 2)  # counted from 0
    below = place.floor()
    index = below.to(torch.int64)
    upper, lower = falling.gather(1, index), falling.gather(1, index + 1)
    return logits - (upper + (lower - upper) * (place - below))


def reconstruction(logits: Tensor, x: Tensor) -> Tensor:
    """Return the binary cross-entropy of beats x [n, 448] in nats per beat: a sum over cells."""
    nats: Tensor = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return nats


def ae_loss(model: Autoencoder, x: Tensor, _config: TrainConfig) -> Tensor:
    """Return the reconstruction loss of x [n, 448] in nats per beat."""
    return reconstruction(model.logits(model.encode(x)), x)


def vae_loss(model: Autoencoder, x: Tensor, config: TrainConfig) -> Tensor:
    """Return the loss of x [n, 448]: reconstruction from a sampled z, and the weighted KL term.

    The term is KL(q(z|x) || N(0, 1)) (Kingma & Welling, "Auto-Encoding Variational Bayes", 2013).
    """
    mean, log_variance = model.encoder(x).chunk(2, dim=1)
    z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
    loss: Tensor = reconstruction(model.logits(z), x) + config.kl_weight * kl
    return loss


_DIRECTIONS = 64  # along which a batch is compared with the prior


def spread(z: Tensor) -> Tensor:
    """Return the squared sliced Wasserstein distance of z [n, 4] from N(0, 1).

    Along each direction, the sorted z are compared with the quantiles of the normal distribution
    (Kolouri et al., "Sliced-Wasserstein Autoencoder", 2018).
    """
    directions = F.normalize(torch.randn(LATENT, _DIRECTIONS), dim=0)
    quantiles = torch.special.ndtri((torch.arange(len(z)) + 0.5) / len(z))
    off: Tensor = ((z @ directions).sort(dim=0).values - quantiles[:, None]).square().mean()
    return off


def swae_loss(model: Autoencoder, x: Tensor, config: TrainConfig) -> Tensor:
    """Return the loss of x [n, 448]: reconstruction from z with noise, and weighted `spread`."""
    z = model.encode(x)
    noisy = z + config.latent_noise * torch.randn_like(z)
    return reconstruction(model.logits(noisy), x) + config.spread_weight * spread(z)


def acai_losses(
    model: Autoencoder, critic: Critic, x: Tensor, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    """Return (autoencoder's loss, critic's loss) of x [n, 448] (Berthelot et al. 2018, section 3).

    With alpha ~ U[0, 0.5], the critic estimates alpha from the decoded mix of two latent points. It
    should estimate 0 from gamma x + (1 - gamma) x^, which stabilises it. The autoencoder tries to
    make it estimate 0 for the mix. Each loss is minimised over its own network's parameters only.
    """
    z = model.encode(x)
    logits = model.logits(z)
    alpha = 0.5 * torch.rand(len(x), 1)
    mix = torch.sigmoid(model.logits(alpha * z + (1 - alpha) * z.roll(1, dims=0)))
    fooled = critic(mix).square().mean()
    ae = reconstruction(logits, x) / CELLS + config.critic_weight * fooled
    rebuilt = torch.sigmoid(logits).detach()
    blend = config.critic_gamma * x + (1 - config.critic_gamma) * rebuilt
    error = (critic(mix.detach()) - alpha.squeeze(1)).square().mean()
    return ae, error + critic(blend).square().mean()
