"""Set the biases of a trained phrase decoder so that its samples have the rates of real beats.

The likeliest phrase of each place is a common one too often: rare phrases are seldom the likeliest.
A bias for each phrase, found by drawing samples again and again, gives each the rate it has among
real beats; a threshold for each gate does the same for parts that repeat earlier ones.
"""

import torch
from torch import Tensor

from drumatlas_export.train.models import LATENT
from drumatlas_export.train.phrases.decoder import (
    Choice,
    Numbers,
    PhraseDecoder,
    soft_targets,
)

_POINTS = 8000  # of the prior, for each round
_ROUNDS = 8
_RATE = 0.3  # of the difference of log rates that a round makes up for
_FLOOR = 3e-4  # added to each rate, so that a phrase that never came is not raised without end


class Rates:
    """How often each phrase stands in each part of real beats x [n, 32, 14] (0 or 1), and how often
    a part repeats its model. Each beat counts by its weight [n]."""

    def __init__(self, decoder: PhraseDecoder, x: Tensor, weight: Tensor) -> None:
        self.phrases: dict[tuple[int, int], Tensor] = {}  # by group and part
        self.repeats: dict[Choice, Tensor] = {}
        for one in decoder.choices:
            parts, book = decoder.parts(x, one.group), decoder.books[one.group]
            own = parts[one.part]
            nearest = [soft_targets(some, book)[0][:, 0] for some in torch.split(own, 2048)]
            shares = _shares(torch.cat(nearest), weight, len(book))
            self.phrases[one.group, one.part] = shares
            if one.model is not None:
                is_same = (own == parts[one.model]).all(1).float()
                self.repeats[one] = (is_same * weight).sum() / weight.sum()


def _shares(numbers: Tensor, weight: Tensor | None, count: int) -> Tensor:
    counted = torch.bincount(numbers, weights=weight, minlength=count).float()
    return counted / counted.sum()


def _drawn(decoder: PhraseDecoder, points: Tensor) -> tuple[Numbers, dict[Choice, Tensor]]:
    """Return the phrase numbers [n] of each choice at points [n, 4], and the gates' logits [n]."""
    gates: dict[Choice, Tensor] = {}

    def choose(
        choice: Choice, asked: Tensor, before: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        number = decoder.likeliest(choice, asked)[0]
        if before is None:
            return number, None
        gates[choice] = decoder.gate(choice, asked)
        number = torch.where(gates[choice] > 0, before, number)
        return number, (number == before).float()

    return decoder.choose_all(points, choose), gates


def _points(seed: int) -> Tensor:
    return torch.randn(_POINTS, LATENT, generator=torch.Generator().manual_seed(seed))


def set_gates(decoder: PhraseDecoder, rates: Rates, seed: int) -> None:
    """Set each gate's threshold, one by one: later ones see the earlier ones' choices."""
    points = _points(seed)
    for index, (choice, share) in enumerate(rates.repeats.items()):
        _, gates = _drawn(decoder, points)
        decoder.thresholds[index] += gates[choice].quantile(1 - share)


def balance(decoder: PhraseDecoder, rates: Rates, seed: int, rounds: int = _ROUNDS) -> None:
    """Give the samples of the prior N(0, 1) the rates of real beats."""
    with torch.no_grad():
        set_gates(decoder, rates, seed)
        for turn in range(rounds):
            numbers, _ = _drawn(decoder, _points(seed + 1 + turn))
            for (group, part), real in rates.phrases.items():
                got = _shares(numbers[group, part], None, len(real))
                decoder.balance[group][part] += _RATE * torch.log((real + _FLOOR) / (got + _FLOOR))
        if rounds:
            set_gates(decoder, rates, seed)
