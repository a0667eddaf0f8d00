"""Set the biases of a trained phrase decoder so that its samples have the rates of real beats.

The likeliest phrase of each place is a common one too often: rare phrases are seldom the likeliest.
A bias for each phrase, found by drawing samples again and again, gives each the rate it has among
real beats; a threshold for each gate does the same for bars that repeat.
"""

import torch
from torch import Tensor

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas_export.train.models import LATENT
from drumatlas_export.train.phrases.books import BAR_STEPS, BARS
from drumatlas_export.train.phrases.decoder import Choice, PhraseDecoder, soft_targets

_POINTS = 8000  # of the prior, for each round
_ROUNDS = 8
_RATE = 0.3  # of the difference of log rates that a round makes up for
_FLOOR = 3e-4  # added to each rate, so that a phrase that never came is not raised without end


class Rates:
    """How often each phrase, and each repeat, stands in real beats x [n, 32, 14] (0 or 1), each of
    which counts by its weight [n]."""

    def __init__(self, decoder: PhraseDecoder, x: Tensor, weight: Tensor) -> None:
        beats = x.reshape(-1, STEPS, VOICES)
        self.phrases: dict[Choice, Tensor] = {}
        self.repeats: list[Tensor] = []
        for group, voices in enumerate(decoder.groups):
            bars = [
                beats[:, BAR_STEPS * bar : BAR_STEPS * (bar + 1), list(voices)].flatten(1)
                for bar in range(BARS)
            ]
            for bar, own in enumerate(bars):
                numbers = torch.cat(
                    [
                        soft_targets(some, decoder.books[group])[0][:, 0]
                        for some in torch.split(own, 2048)
                    ]
                )
                self.phrases[bar, group] = _shares(numbers, weight, len(decoder.books[group]))
            is_same = (bars[0] == bars[1]).all(1).float()
            self.repeats.append((is_same * weight).sum() / weight.sum())


def _shares(numbers: Tensor, weight: Tensor | None, count: int) -> Tensor:
    counted = torch.bincount(numbers, weights=weight, minlength=count).float()
    return counted / counted.sum()


def _drawn(
    decoder: PhraseDecoder, points: Tensor
) -> tuple[dict[Choice, Tensor], dict[int, Tensor]]:
    """Return the phrase numbers [n] of each choice at points [n, 4], and the gates' logits [n]."""
    numbers: dict[Choice, Tensor] = {}
    gates: dict[int, Tensor] = {}

    def choose(choice: Choice, seen: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor | None]:
        number = decoder.likeliest(choice, seen)[0]
        is_same = None
        if before is not None:
            gates[choice[1]] = decoder.gate(choice[1], seen)
            number = torch.where(gates[choice[1]] > 0, before, number)
            is_same = (number == before).float()
        numbers[choice] = number
        return number, is_same

    decoder.choose_all(points, choose)
    return numbers, gates


def _points(seed: int) -> Tensor:
    return torch.randn(_POINTS, LATENT, generator=torch.Generator().manual_seed(seed))


def set_gates(decoder: PhraseDecoder, rates: Rates, seed: int) -> None:
    """Set each gate's threshold, group by group: later ones see the earlier ones' choices."""
    points = _points(seed)
    for group, share in enumerate(rates.repeats):
        _, gates = _drawn(decoder, points)
        decoder.thresholds[group] += gates[group].quantile(1 - share)


def balance(decoder: PhraseDecoder, rates: Rates, seed: int, rounds: int = _ROUNDS) -> None:
    """Give the samples of the prior N(0, 1) the rates of real beats."""
    with torch.no_grad():
        set_gates(decoder, rates, seed)
        for turn in range(rounds):
            numbers, _ = _drawn(decoder, _points(seed + 1 + turn))
            for (bar, group), real in rates.phrases.items():
                got = _shares(numbers[bar, group], None, len(real))
                decoder.balance[group][bar] += _RATE * torch.log((real + _FLOOR) / (got + _FLOOR))
        if rounds:
            set_gates(decoder, rates, seed)
