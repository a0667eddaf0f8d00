"""The article's three networks: AE, VAE and ACAI, 448-64-32-4 and back; and the SWAE, whose
encodings fill the prior that one travels in."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas_export.train.config import TrainConfig

LATENT = 4
CELLS = STEPS * VOICES  # 448


def _stack(widths: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU behind the last


class Autoencoder(nn.Module):
    """Encoder and decoder; a VAE's encoder gives mean and log variance."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.is_vae = config.kind == "vae"
        self.likeliest = config.likeliest
        hidden = list(config.hidden)
        self.encoder = _stack([CELLS, *hidden, 2 * LATENT if self.is_vae else LATENT])
        self.decoder = _stack([LATENT, *reversed(hidden), CELLS])

    def encode(self, x: Tensor) -> Tensor:
        """x [n, 32, 14] in 0..1 -> z [n, 4] (a VAE's mean)."""
        z: Tensor = self.encoder(x.flatten(1))[:, :LATENT]
        return z

    def logits(self, z: Tensor) -> Tensor:
        """z [n, 4] -> logits [n, 448]."""
        out: Tensor = self.decoder(z)
        return out

    def decode(self, z: Tensor) -> Tensor:
        """z [n, 4] -> probabilities [n, 32, 14]; with `likeliest`, levelled ones."""
        logits = self.logits(z)
        if self.likeliest:
            logits = levelled(logits)
        return torch.sigmoid(logits).reshape(-1, STEPS, VOICES)


class Critic(nn.Module):
    """ACAI's d: guesses from a beat how much of a second one was mixed in. As the encoder, and
    as in the paper the mean of its last activations."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.net = _stack([CELLS, *config.hidden, LATENT])

    def forward(self, x: Tensor) -> Tensor:
        """x [n, 448] -> [n]."""
        out: Tensor = self.net(x).mean(dim=1)
        return out


def levelled(logits: Tensor) -> Tensor:
    """Logits [n, m] less a level of each row: its k = round(sum of p) likeliest are above 0.

    As many cells hit as the network expects to: one threshold for all places leaves out what is
    rare, and gives too few hits wherever the network is unsure. The level is what the logits, in
    falling order, are at the place (sum of p) + 1/2, linearly between two: so it turns with z and
    never jumps.
    """
    falling = logits.topk(logits.shape[1], dim=1).values  # a sort that ONNX has
    expected = torch.sigmoid(logits).sum(dim=1, keepdim=True)
    place = (expected - 0.5).clamp(0, logits.shape[1] - 2)  # counted from 0
    below = place.floor()
    index = below.to(torch.int64)
    upper, lower = falling.gather(1, index), falling.gather(1, index + 1)
    return logits - (upper + (lower - upper) * (place - below))


def reconstruction(logits: Tensor, x: Tensor) -> Tensor:
    """Binary cross-entropy, summed over a beat's 448 cells, mean over the batch: nats a beat."""
    nats: Tensor = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    return nats


def ae_loss(model: Autoencoder, x: Tensor) -> Tensor:
    """Plain reconstruction. x [n, 448]."""
    return reconstruction(model.logits(model.encode(x)), x)


def vae_loss(model: Autoencoder, x: Tensor, kl_weight: float) -> Tensor:
    """Reconstruction from a drawn z, and KL(q(z|x) || N(0, 1)) (Kingma & Welling 2013)."""
    mean, log_variance = model.encoder(x).chunk(2, dim=1)
    z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
    loss: Tensor = reconstruction(model.logits(z), x) + kl_weight * kl
    return loss


_DIRECTIONS = 64  # in which a batch is held against the prior


def spread(z: Tensor) -> Tensor:
    """How far z [n, 4] is from n draws of N(0, 1): the squared sliced Wasserstein distance.

    Along a direction, the z in order are held against the normal distribution's quantiles
    (Kolouri et al., "Sliced-Wasserstein Autoencoder", 2018).
    """
    ways = F.normalize(torch.randn(LATENT, _DIRECTIONS), dim=0)
    quantiles = torch.special.ndtri((torch.arange(len(z)) + 0.5) / len(z))
    off: Tensor = ((z @ ways).sort(dim=0).values - quantiles[:, None]).square().mean()
    return off


def swae_loss(model: Autoencoder, x: Tensor, config: TrainConfig) -> Tensor:
    """Reconstruction from near z, and how far the batch's z are from the prior. x [n, 448]."""
    z = model.encode(x)
    near = z + config.latent_noise * torch.randn_like(z)
    return reconstruction(model.logits(near), x) + config.spread_weight * spread(z)


def acai_losses(
    model: Autoencoder, critic: Critic, x: Tensor, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    """(autoencoder's loss, critic's loss) of Berthelot et al. 2018, section 3.

    alpha ~ U[0, 0.5]; the critic tells alpha from the decoded mix of two latent points, and
    0 from gamma x + (1 - gamma) x^, which keeps it steady; the autoencoder wants it to say 0.
    Each loss is differentiated only by its own side's parameters.
    """
    z = model.encode(x)
    logits = model.logits(z)
    alpha = 0.5 * torch.rand(len(x), 1)
    mix = torch.sigmoid(model.logits(alpha * z + (1 - alpha) * z.roll(1, dims=0)))
    fooled = critic(mix).square().mean()
    ae = reconstruction(logits, x) / CELLS + config.critic_weight * fooled
    rebuilt = torch.sigmoid(logits).detach()
    blend = config.critic_gamma * x + (1 - config.critic_gamma) * rebuilt
    told = (critic(mix.detach()) - alpha.squeeze(1)).square().mean()
    return ae, told + critic(blend).square().mean()
