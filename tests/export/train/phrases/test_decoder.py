from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from drumatlas.beat.voices import VOICES
from drumatlas_export.train.phrases.balance import Rates, balance
from drumatlas_export.train.phrases.books import BARS, GROUPS, Book, bar_of
from drumatlas_export.train.phrases.decoder import PhraseDecoder, soft_targets

pytestmark = pytest.mark.export

PHRASES = 6
Z = torch.randn(200, 4, generator=torch.Generator().manual_seed(5))


def books(seed: int) -> list[Book]:
    """Books of different phrases, none of which is empty."""
    luck = np.random.default_rng(seed)
    made = []
    for group in GROUPS:
        book = (luck.random((PHRASES, 16 * len(group))) < 0.2).astype(np.uint8)
        book[np.arange(PHRASES), np.arange(PHRASES)] ^= 1
        made.append(book)
    return made


def decoder(seed: int, sharpness: float = 0.0) -> PhraseDecoder:
    torch.manual_seed(seed)
    made = PhraseDecoder(books(seed)).eval()
    made.sharpness = sharpness
    for one in made.parameters():
        if one.requires_grad:
            one.data *= 3  # so that places differ
    return made


@pytest.mark.parametrize("sharpness", [0.0, 2.0])
def test_each_bar_of_a_group_is_a_phrase_of_its_book(sharpness: float) -> None:
    made = decoder(1, sharpness)
    with torch.no_grad():
        hits = (made(Z) > 0.5).numpy()
    for group, book in zip(GROUPS, books(1), strict=True):
        known = {phrase.tobytes() for phrase in book}
        for bar in range(BARS):
            played = {phrase.tobytes() for phrase in bar_of(hits, bar, group)}
            assert played <= known
    assert len(np.unique(hits.reshape(len(hits), -1), axis=0)) > 5


@pytest.mark.parametrize("open_", [True, False])
def test_a_gate_says_whether_bar_two_repeats_bar_one(open_: bool) -> None:
    made = decoder(2)
    made.thresholds.data.fill_(-1e6 if open_ else 1e6)
    with torch.no_grad():
        p = made(Z)
        cells = (p > 0.5).numpy()
    if open_:
        assert torch.equal(p[:, :16], p[:, 16:])
    else:
        assert any((bar_of(cells, 0, group) != bar_of(cells, 1, group)).any() for group in GROUPS)


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
def rates_of() -> Callable[[PhraseDecoder], tuple[Rates, Tensor]]:
    """Real beats in which each group plays one phrase three times out of four."""

    def made(one: PhraseDecoder) -> tuple[Rates, Tensor]:
        x = torch.zeros(400, 32, VOICES)
        for group, book in zip(GROUPS, books(1), strict=True):
            for beat in range(400):
                phrase = torch.from_numpy(book[0 if beat % 4 else beat // 4 % PHRASES]).float()
                x[beat, :16, list(group)] = phrase.reshape(16, len(group))
            x[:, 16:, list(group)] = x[:, :16, list(group)]
            x[::2, 16:, list(group)] = torch.from_numpy(book[1]).float().reshape(16, len(group))
        return Rates(one, x, torch.ones(400)), x

    return made


def shares(one: PhraseDecoder, book: Book, points: Tensor) -> list[float]:
    with torch.no_grad():
        bars = bar_of((one(points) > 0.5).numpy(), 0, GROUPS[0])
    return [float((bars == phrase).all(1).mean()) for phrase in book]


def test_balancing_gives_samples_the_rates_of_real_beats(
    rates_of: Callable[[PhraseDecoder], tuple[Rates, Tensor]],
) -> None:
    one = decoder(1)
    rates, _ = rates_of(one)
    wanted = rates.phrases[0, 0].tolist()
    points = torch.randn(4000, 4, generator=torch.Generator().manual_seed(99))
    before = shares(one, books(1)[0], points)
    balance(one, rates, 3, rounds=60)
    after = shares(one, books(1)[0], points)
    off = [sum(abs(a - b) for a, b in zip(found, wanted, strict=True)) for found in (before, after)]
    assert off[1] < 0.3 * off[0]


def test_gates_open_as_often_as_real_bars_repeat(
    rates_of: Callable[[PhraseDecoder], tuple[Rates, Tensor]],
) -> None:
    one = decoder(1)
    rates, x = rates_of(one)
    balance(one, rates, 3, rounds=0)
    with torch.no_grad():
        hits = (one(torch.randn(4000, 4)) > 0.5).numpy()
    first = [bar_of(hits, bar, GROUPS[0]) for bar in range(BARS)]
    real = [bar_of(x.numpy() > 0, bar, GROUPS[0]) for bar in range(BARS)]
    repeated = float((first[0] == first[1]).all(1).mean())
    assert repeated >= float((real[0] == real[1]).all(1).mean()) - 0.05
