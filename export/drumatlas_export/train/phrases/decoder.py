"""The phrase decoder: z -> for each part and voice group, one phrase of the group's book.

It chooses in a fixed order (bar 1, group by group; then bar 2), and each choice sees the ones
before it, so that the parts fit each other. A gate decides first whether a part repeats an earlier
one. Every part of a beat is then one that a drummer has played; the whole is new.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas_export.train.models import LATENT, stack
from drumatlas_export.train.phrases.books import BARS, GROUPS, Book, Group

_NEAREST = 8  # phrases of a book that a real part may count as
_SOFTNESS = 0.35  # cells; how fast their weights fall with their distance
_EMBEDDING = 32  # of a phrase, beside its own bits, for scores
_CONTEXT = 32  # numbers that later choices see of the earlier ones
_QUERY = 96  # hidden units of one choice
_EXPECTED = 0.4995  # weight of the expected cells, below 1/2 so that none of them alone is a hit


class Choice(NamedTuple):
    """One choice: of which group, for which part, and which earlier part the gate lets it repeat
    (None: it has no gate)."""

    group: int
    part: int
    model: int | None

    @property
    def name(self) -> str:
        """Its name in the tables of layers."""
        return f"{self.part}_{self.group}"


# What the layers of a choice answer, and the group's phrase in the part that it may repeat. Returns
# the number of the phrase [n], and with a gate whether [n] it is that one.
Choose = Callable[[Choice, Tensor, Tensor | None], tuple[Tensor, Tensor | None]]
Numbers = dict[tuple[int, int], Tensor]  # of the phrase [n], by group and part


def choices_of(groups: Sequence[Group]) -> list[Choice]:
    """Return all choices in their order: by bars, then by groups, then by the parts of a bar."""
    return [
        Choice(index, part, group.model_of(part))
        for bar in range(BARS)
        for index, group in enumerate(groups)
        for part in range(bar * group.parts // BARS, (bar + 1) * group.parts // BARS)
    ]


def soft_targets(parts: Tensor, book: Tensor) -> tuple[Tensor, Tensor]:
    """Return the nearest phrases of `book` [k, m] to parts [n, m], and their weights: [n, 8] each.

    The weights are a softmax of minus the distance in cells over _SOFTNESS.
    """
    away = parts.sum(1, keepdim=True) + book.sum(1) - 2 * parts @ book.T
    near = away.topk(min(_NEAREST, len(book)), dim=1, largest=False)
    weights = torch.softmax((near.values[:, :1] - near.values) / _SOFTNESS, 1)
    return near.indices, weights


class PhraseDecoder(nn.Module):
    """Trunk, books, and the layers of each choice. `trunk` are the widths of the hidden layers."""

    def __init__(
        self,
        books: list[Book],
        sharpness: float = 0.0,
        trunk: tuple[int, ...] = (512, 192),
        groups: tuple[Group, ...] = GROUPS,
    ) -> None:
        super().__init__()
        self.groups = groups
        self.choices = choices_of(groups)
        self.trunk = nn.Sequential(stack([LATENT, *trunk]), nn.ReLU())
        self.books = nn.ParameterList(
            nn.Parameter(torch.from_numpy(book).float(), requires_grad=False) for book in books
        )
        self.embeddings = nn.ParameterList(
            nn.Parameter(0.3 * torch.randn(len(book), _EMBEDDING)) for book in books
        )
        self.common = nn.ParameterList(  # logit of each phrase in each part
            nn.Parameter(torch.zeros(group.parts, len(book)))
            for group, book in zip(groups, books, strict=True)
        )
        self.balance = nn.ParameterList(  # set after training, see balance.py
            nn.Parameter(torch.zeros(group.parts, len(book)), requires_grad=False)
            for group, book in zip(groups, books, strict=True)
        )
        self.contexts = nn.ParameterDict(
            {
                one.name: nn.Parameter(0.1 * torch.randn(len(books[one.group]), _CONTEXT))
                for one in self.choices
            }
        )
        self.context_of_bits = nn.ModuleList(
            nn.Linear(book.shape[1], _CONTEXT, bias=False) for book in books
        )
        self.queries = self._queries(trunk[-1])
        gates = [one for one in self.choices if one.model is not None]
        self.gate_number = {one: number for number, one in enumerate(gates)}
        self.thresholds = nn.Parameter(torch.zeros(len(gates)), requires_grad=False)
        self.sharpness = sharpness  # 1 / temperature of the expected phrase; 0: the likeliest one
        order = [cell for group in groups for cell in group.voices]
        cells = [order.index(voice) for voice in range(VOICES)]
        self.order: Tensor
        self.register_buffer("order", torch.tensor(cells), persistent=False)

    def _queries(self, width: int) -> nn.ModuleDict:
        """Return the layers of each choice. They answer a query for a phrase and a gate's logit."""
        queries, gates = nn.ModuleDict(), 0
        for index, one in enumerate(self.choices):
            cells = self.groups[one.group].cells
            seen = width + (_CONTEXT if index else 0)
            if one.model is not None:
                seen += cells + gates
                gates += 1
            queries[one.name] = stack([seen, _QUERY, _EMBEDDING + cells + 1])
        return queries

    def scores(self, choice: Choice, asked: Tensor) -> Tensor:
        """Return the logits [n, k] of the phrases for one choice, whose layers answer `asked`."""
        group, part = choice.group, choice.part
        book = self.books[group]
        table = torch.cat([self.embeddings[group], book, torch.zeros(len(book), 1)], 1)
        bias = self.common[group][part] + self.balance[group][part]
        return F.linear(asked, table, bias)

    def likeliest(self, choice: Choice, asked: Tensor) -> tuple[Tensor, Tensor]:
        """Return the number [n] of the phrase to choose, and the expected cells [n, m].

        With `sharpness`, the phrase is the one nearest to the expected cells, so that the choice
        moves in small steps.
        """
        book = self.books[choice.group]
        scores = self.scores(choice, asked)
        share = torch.softmax(scores * (self.sharpness or 1.0), 1) @ book
        if self.sharpness:
            scores = F.linear(2 * share - 1, book)
        return scores.argmax(1), share

    def gate(self, choice: Choice, asked: Tensor) -> Tensor:
        """Return the logit [n] of a part repeating its model."""
        logit = asked.index_select(1, torch.tensor([asked.shape[1] - 1]))
        return logit.reshape(-1) - self.thresholds[self.gate_number[choice]]

    def _context(self, choice: Choice) -> Tensor:
        """Return what later choices see of each phrase [k, _CONTEXT] of one choice."""
        of_bits: Tensor = self.context_of_bits[choice.group](self.books[choice.group])
        own: Tensor = self.contexts[choice.name]
        return own + of_bits

    def choose_all(self, z: Tensor, choose: Choose) -> Numbers:
        """Return the phrase numbers [n] of each choice, as `choose` gives them in turn."""
        h = self.trunk(z)
        context: Tensor | None = None  # a sum over the choices so far
        repeats: list[Tensor] = []  # of the gates so far
        chosen: Numbers = {}
        for one in self.choices:
            before = None if one.model is None else chosen[one.group, one.model]
            seen = [h] if context is None else [h, context]
            if before is not None:
                seen += [self.books[one.group].index_select(0, before), *repeats]
            number, is_same = choose(one, self.queries[one.name](torch.cat(seen, 1)), before)
            chosen[one.group, one.part] = number
            added = self._context(one).index_select(0, number)
            context = added if context is None else context + added
            if is_same is not None:
                repeats.append(is_same.reshape(-1, 1))
        return chosen

    def parts(self, x: Tensor, group: int) -> list[Tensor]:
        """Return the parts [n, cells] of a group of beats x [n, 448]."""
        voices = x.reshape(-1, STEPS, VOICES)[:, :, list(self.groups[group].voices)]
        parts = torch.split(voices, self.groups[group].steps, dim=1)
        return [one.flatten(1) for one in parts]

    def loss(self, z: Tensor, x: Tensor) -> Tensor:
        """Return the mean of the nats that beats x [n, 448] cost at z [n, 4].

        Each choice is given the real ones before it.
        """
        parts = [self.parts(x, group) for group in range(len(self.groups))]
        nats: list[Tensor] = []

        def choose(
            choice: Choice, asked: Tensor, _before: Tensor | None
        ) -> tuple[Tensor, Tensor | None]:
            own = parts[choice.group][choice.part]
            near, weights = soft_targets(own, self.books[choice.group])
            scores = torch.log_softmax(self.scores(choice, asked), 1)
            cost = -(weights * scores.gather(1, near)).sum(1)
            if choice.model is None:
                nats.append(cost)
                return near[:, 0], None
            is_same = (own == parts[choice.group][choice.model]).all(1).float()
            gate = self.gate(choice, asked)
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
        expected: Numbers = {}

        def choose(
            choice: Choice, asked: Tensor, before: Tensor | None
        ) -> tuple[Tensor, Tensor | None]:
            number, share = self.likeliest(choice, asked)
            if before is None or choice.model is None:
                expected[choice.group, choice.part] = share
                return number, None
            repeats = self.gate(choice, asked) > 0
            number = torch.where(repeats, before, number)
            expected[choice.group, choice.part] = torch.where(
                repeats.reshape(-1, 1), expected[choice.group, choice.model], share
            )
            return number, (number == before).float()

        chosen = self.choose_all(z, choose)
        hits = {one: self.books[one[0]].index_select(0, number) for one, number in chosen.items()}
        return 0.5 * self._grid(hits) + _EXPECTED * self._grid(expected)

    def _grid(self, cells: Numbers) -> Tensor:
        """Return cells [n, 32, 14] of those of all parts [n, cells], by group and part."""
        columns = [
            torch.cat(
                [
                    cells[index, part].reshape(-1, group.steps, len(group.voices))
                    for part in range(group.parts)
                ],
                1,
            )
            for index, group in enumerate(self.groups)
        ]
        return torch.cat(columns, 2).index_select(2, self.order)
