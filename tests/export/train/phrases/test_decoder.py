from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from drumatlas.beat.voices import VOICES
from drumatlas_export.train.phrases.balance import Rates, balance
from drumatlas_export.train.phrases.books import BARS, GROUPS, Book, Group, part_of
from drumatlas_export.train.phrases.decoder import PhraseDecoder, choices_of, soft_targets

pytestmark = pytest.mark.export

PHRASES = 6
Z = torch.randn(200, 4, generator=torch.Generator().manual_seed(5))


def books(seed: int) -> list[Book]:
    """Books of different phrases, none of which is empty."""
    luck = np.random.default_rng(seed)
    made = []
    for group in GROUPS:
        book = (luck.random((PHRASES, group.cells)) < 0.2).astype(np.uint8)
        book[np.arange(PHRASES), np.arange(PHRASES)] ^= 1
        made.append(book)
    return made


def decoder(seed: int, sharpness: float = 0.0) -> PhraseDecoder:
    torch.manual_seed(seed)
    made = PhraseDecoder(books(seed), sharpness).eval()
    for one in made.parameters():
        if one.requires_grad:
            one.data *= 3  # so that places differ
    return made


def test_bar_one_comes_first_then_groups_then_halves() -> None:
    order = [(one.group, one.part) for one in choices_of([Group((0,), parts=4), Group((1,))])]
    assert order == [(0, 0), (0, 1), (1, 0), (0, 2), (0, 3), (1, 1)]


@pytest.mark.parametrize("sharpness", [0.0, 2.0])
def test_each_part_of_a_group_is_a_phrase_of_its_book(sharpness: float) -> None:
    made = decoder(1, sharpness)
    with torch.no_grad():
        hits = (made(Z) > 0.5).numpy()
    for group, book in zip(GROUPS, books(1), strict=True):
        known = {phrase.tobytes() for phrase in book}
        for part in range(group.parts):
            played = {phrase.tobytes() for phrase in part_of(hits, part, group)}
            assert played <= known
    assert len(np.unique(hits.reshape(len(hits), -1), axis=0)) > 5


@pytest.mark.parametrize("open_", [True, False])
def test_gates_say_whether_parts_repeat_earlier_ones(open_: bool) -> None:
    made = decoder(2)
    made.thresholds.data.fill_(-1e6 if open_ else 1e6)
    with torch.no_grad():
        p = made(Z)
        cells = (p > 0.5).numpy()
    if open_:
        assert torch.equal(p[:, :16], p[:, 16:])
        assert torch.equal(p[:, :8, :2], p[:, 8:16, :2])  # kick and snare go by half bars
    else:
        assert any(
            (part_of(cells, part, group) != part_of(cells, model, group)).any()
            for group in GROUPS
            for part in range(group.parts)
            if (model := group.model_of(part)) is not None
        )


def test_probabilities_order_the_cells_on_either_side_of_a_half() -> None:
    with torch.no_grad():
        p = decoder(3)(Z)
    assert p.shape == (len(Z), 32, VOICES)
    assert float(p.min()) >= 0
    assert float(p.max()) <= 1
    assert not ((p > 0.4995) & (p <= 0.5)).any()
    assert len(p.unique()) > 1000


def test_a_place_decodes_alike_whatever_is_decoded_with_it() -> None:
    made = decoder(4)
    with torch.no_grad():
        together = made(Z)
        alone = torch.cat([made(z[None]) for z in Z[:20]])
    assert torch.allclose(together[:20], alone, atol=1e-5)


@given(st.lists(st.integers(0, PHRASES - 1), min_size=1, max_size=9))
def test_a_phrase_of_the_book_is_its_own_nearest(numbers: list[int]) -> None:
    book = torch.from_numpy(books(7)[1]).float()
    near, weights = soft_targets(book[numbers], book)
    assert near[:, 0].tolist() == numbers
    assert torch.allclose(weights.sum(1), torch.ones(len(numbers)))
    assert (weights.diff(dim=1) <= 0).all()


@pytest.fixture(scope="module")
def real() -> Tensor:
    """Real beats [400, 448], in which each group plays one phrase three times out of four in its
    first part."""
    luck = np.random.default_rng(11)
    x = np.zeros((400, 32, VOICES), np.float32)
    for group, book in zip(GROUPS, books(1), strict=True):
        numbers = luck.integers(0, PHRASES, (400, group.parts))
        numbers[np.arange(400) % 4 > 0, 0] = 0
        numbers[::2, 1] = numbers[::2, 0]
        parts = book[numbers].reshape(400, 32, len(group.voices))
        x[:, :, list(group.voices)] = parts
    return torch.from_numpy(x).flatten(1)


@pytest.fixture
def balanced(real: Tensor) -> Callable[[PhraseDecoder, int], Rates]:
    """Balances a decoder in some rounds; returns the rates of the real beats."""

    def done(one: PhraseDecoder, rounds: int) -> Rates:
        rates = Rates(one, real, torch.ones(len(real)))
        balance(one, rates, 3, rounds)
        return rates

    return done


def shares(one: PhraseDecoder, book: Book, points: Tensor) -> list[float]:
    with torch.no_grad():
        parts = part_of((one(points) > 0.5).numpy(), 0, GROUPS[0])
    return [float((parts == phrase).all(1).mean()) for phrase in book]


def test_balancing_gives_samples_the_rates_of_real_beats(
    balanced: Callable[[PhraseDecoder, int], Rates],
) -> None:
    one = decoder(1)
    points = torch.randn(4000, 4, generator=torch.Generator().manual_seed(99))
    before = shares(one, books(1)[0], points)
    wanted = balanced(one, 60).phrases[0, 0].tolist()
    after = shares(one, books(1)[0], points)
    off = [sum(abs(a - b) for a, b in zip(found, wanted, strict=True)) for found in (before, after)]
    assert off[1] < 0.3 * off[0]


def test_gates_open_as_often_as_real_parts_repeat(
    balanced: Callable[[PhraseDecoder, int], Rates], real: Tensor
) -> None:
    one = decoder(1)
    balanced(one, 0)
    with torch.no_grad():
        hits = (one(torch.randn(4000, 4)) > 0.5).numpy()

    def repeats(cells: np.ndarray) -> float:
        first, second = (part_of(cells, part, GROUPS[1]) for part in range(BARS))
        return float((first == second).all(1).mean())

    assert repeats(hits) >= repeats(real.reshape(-1, 32, VOICES).numpy() > 0) - 0.05
