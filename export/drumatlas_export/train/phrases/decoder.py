"""The phrase decoder: z -> for each bar and voice group, one phrase of the group's book.

It chooses in a fixed order (bar 1, group by group; then bar 2), and each choice sees the ones
before it, so that the parts fit each other. In bar 2 a gate decides first whether the group repeats
its bar 1. Every part of a beat is then one that a drummer has played; the whole is new.
"""

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas_export.train.models import LATENT, stack
from drumatlas_export.train.phrases.books import BAR_STEPS, BARS, GROUPS, Book, Groups

_NEAREST = 8  # phrases of a book that a real bar may count as
_SOFTNESS = 0.35  # cells; how fast their weights fall with their distance
_EMBEDDING = 32  # of a phrase, beside its own bits, for scores
_CONTEXT = 32  # numbers that later choices see of the earlier ones
_QUERY, _GATE = 128, 64  # hidden units of one choice
_EXPECTED = 0.4995  # weight of the expected cells, below 1/2 so that none of them alone is a hit

Choice = tuple[int, int]  # bar, group
# What is known before a choice: the input of its layers, and the group's phrase in bar 1.
Choose = Callable[[Choice, Tensor, Tensor | None], tuple[Tensor, Tensor | None]]


def soft_targets(bars: Tensor, book: Tensor) -> tuple[Tensor, Tensor]:
    """Return the nearest phrases of `book` [k, m] to bars [n, m], and their weights: [n, 8] each.

    The weights are a softmax of minus the distance in cells over _SOFTNESS.
    """
    away = bars.sum(1, keepdim=True) + book.sum(1) - 2 * bars @ book.T
    near = away.topk(min(_NEAREST, len(book)), dim=1, largest=False)
    weights = torch.softmax((near.values[:, :1] - near.values) / _SOFTNESS, 1)
    return near.indices, weights


class PhraseDecoder(nn.Module):
    """Trunk, books, and the layers of each choice. `trunk` are the widths of the hidden layers."""

    def __init__(
        self, books: list[Book], trunk: tuple[int, ...] = (512, 192), groups: Groups = GROUPS
    ) -> None:
        super().__init__()
        self.groups = groups
        self.trunk = nn.Sequential(stack([LATENT, *trunk]), nn.ReLU())
        self.books = nn.ParameterList(
            nn.Parameter(torch.from_numpy(book).float(), requires_grad=False) for book in books
        )
        self.embeddings = nn.ParameterList(
            nn.Parameter(0.3 * torch.randn(len(book), _EMBEDDING)) for book in books
        )
        self.common = nn.ParameterList(  # logit of each phrase in each bar
            nn.Parameter(torch.zeros(BARS, len(book))) for book in books
        )
        self.balance = nn.ParameterList(  # set after training, see balance.py
            nn.Parameter(torch.zeros(BARS, len(book)), requires_grad=False) for book in books
        )
        self.contexts = nn.ParameterList(  # of each bar and group
            nn.Parameter(0.1 * torch.randn(len(book), _CONTEXT))
            for _ in range(BARS)
            for book in books
        )
        self.context_of_bits = nn.ModuleList(
            nn.Linear(book.shape[1], _CONTEXT, bias=False) for book in books
        )
        self._add_choices(trunk[-1])
        self.thresholds = nn.Parameter(torch.zeros(len(books)), requires_grad=False)
        self.sharpness = 0.0  # 1 / temperature of the expected phrase; 0: the likeliest phrase
        order = [cell for group in groups for cell in group]
        cells = [order.index(voice) for voice in range(VOICES)]
        self.order: Tensor
        self.register_buffer("order", torch.tensor(cells), persistent=False)

    def _add_choices(self, width: int) -> None:
        self.queries, self.gates = nn.ModuleDict(), nn.ModuleDict()
        for bar, group in product(range(BARS), range(len(self.books))):
            cells = self.books[group].shape[1]
            seen = width + (_CONTEXT if bar or group else 0) + (cells + group if bar else 0)
            self.queries[f"{bar}{group}"] = stack([seen, _QUERY, _EMBEDDING + cells])
            if bar:
                self.gates[f"{group}"] = stack([seen, _GATE, 1])

    def scores(self, choice: Choice, seen: Tensor) -> Tensor:
        """Return the logits [n, k] of the phrases for one choice."""
        bar, group = choice
        table = torch.cat([self.embeddings[group], self.books[group]], 1)
        bias = self.common[group][bar] + self.balance[group][bar]
        query: Tensor = self.queries[f"{bar}{group}"](seen)
        return F.linear(query, table, bias)

    def likeliest(self, choice: Choice, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return the number [n] of the phrase to choose, and the expected cells [n, m].

        With `sharpness`, the phrase is the one nearest to the expected cells, so that the choice
        moves in small steps.
        """
        book = self.books[choice[1]]
        scores = self.scores(choice, seen)
        share = torch.softmax(scores * (self.sharpness or 1.0), 1) @ book
        if self.sharpness:
            scores = F.linear(2 * share - 1, book)
        return scores.argmax(1), share

    def gate(self, group: int, seen: Tensor) -> Tensor:
        """Return the logit [n] of bar 2 repeating bar 1 in a voice group."""
        logit: Tensor = self.gates[f"{group}"](seen)
        return logit.reshape(-1) - self.thresholds[group]

    def _contexts(self, choice: Choice) -> Tensor:
        """Return what later choices see of each phrase [k, _CONTEXT] of one choice."""
        bar, group = choice
        book = self.books[group]
        of_bits: Tensor = self.context_of_bits[group](book)
        own: Tensor = self.contexts[bar * len(self.books) + group]
        return own + of_bits

    def choose_all(self, z: Tensor, choose: Choose) -> list[list[Tensor]]:
        """Return the phrase numbers [n] for each bar and group that `choose` gives, in turn.

        `choose` returns a number [n] and, in bar 2, whether [n] the group repeats bar 1.
        """
        h = self.trunk(z)
        context: Tensor | None = None  # a sum over the choices so far
        repeats: list[Tensor] = []  # of the groups so far
        chosen: list[list[Tensor]] = [[] for _ in range(BARS)]
        for bar, group in product(range(BARS), range(len(self.books))):
            before = chosen[0][group] if bar else None
            seen = [h] if context is None else [h, context]
            if before is not None:
                seen += [self.books[group].index_select(0, before), *repeats]
            number, is_same = choose((bar, group), torch.cat(seen, 1), before)
            chosen[bar].append(number)
            added = self._contexts((bar, group)).index_select(0, number)
            context = added if context is None else context + added
            if is_same is not None:
                repeats.append(is_same.reshape(-1, 1))
        return chosen

    def loss(self, z: Tensor, x: Tensor) -> Tensor:
        """Return the mean of the nats that beats x [n, 448] cost at z [n, 4].

        Each choice is given the real ones before it.
        """
        beats = x.reshape(-1, STEPS, VOICES)
        nats: list[Tensor] = []

        def bars(bar: int, group: int) -> Tensor:
            steps = beats[:, BAR_STEPS * bar : BAR_STEPS * (bar + 1), list(self.groups[group])]
            return steps.flatten(1)

        def choose(
            choice: Choice, seen: Tensor, before: Tensor | None
        ) -> tuple[Tensor, Tensor | None]:
            own = bars(*choice)
            near, weights = soft_targets(own, self.books[choice[1]])
            scores = torch.log_softmax(self.scores(choice, seen), 1)
            cost = -(weights * scores.gather(1, near)).sum(1)
            if before is None:
                nats.append(cost)
                return near[:, 0], None
            is_same = (own == bars(0, choice[1])).all(1).float()
            gate = self.gate(choice[1], seen)
            nats.append(F.binary_cross_entropy_with_logits(gate, is_same, reduction="none"))
            nats.append((1 - is_same) * cost)
            return near[:, 0], is_same

        self.choose_all(z, choose)
        return torch.stack(nats).sum(0).mean()

    def forward(self, z: Tensor) -> Tensor:
        """Return probabilities [n, 32, 14] at z [n, 4]: above 1/2 the hits of the chosen phrases.

        Half of a cell's probability is whether the chosen phrase has it, the other half the share
        of all phrases, weighted by their probabilities, that have it. So density and velocities
        find an order among the cells.
        """
        expected: list[list[Tensor]] = [[] for _ in range(BARS)]

        def choose(
            choice: Choice, seen: Tensor, before: Tensor | None
        ) -> tuple[Tensor, Tensor | None]:
            bar, group = choice
            number, share = self.likeliest(choice, seen)
            if before is None:
                expected[bar].append(share)
                return number, None
            repeats = self.gate(group, seen) > 0
            number = torch.where(repeats, before, number)
            expected[bar].append(torch.where(repeats.reshape(-1, 1), expected[0][group], share))
            return number, (number == before).float()

        chosen = self.choose_all(z, choose)
        hits = [
            [book.index_select(0, one) for book, one in zip(self.books, row, strict=True)]
            for row in chosen
        ]
        return 0.5 * self._grid(hits) + _EXPECTED * self._grid(expected)

    def _grid(self, parts: list[list[Tensor]]) -> Tensor:
        """Return cells [n, 32, 14] of parts, by bar and group: [n, 16 * voices of the group]."""
        bars = [
            torch.cat(
                [
                    part.reshape(-1, BAR_STEPS, len(group))
                    for part, group in zip(row, self.groups, strict=True)
                ],
                2,
            )
            for row in parts
        ]
        return torch.cat(bars, 1).index_select(2, self.order)
