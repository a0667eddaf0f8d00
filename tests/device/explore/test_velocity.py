import importlib
import re
from operator import attrgetter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drumatlas.explore import velocity
from drumatlas.explore.density import Density, hits_at
from drumatlas.explore.velocity import velocities
from support.decoded import probabilities

NATURAL = np.linspace(0.1, 0.9, 14, dtype=np.float32)
unit = st.floats(0, 1, width=32)
seeds = st.integers(0, 2**32 - 1)


@given(st.integers(0, 2**32 - 1))
def test_velocities_are_midi_and_only_where_hits_are(seed: int) -> None:
    p = np.random.default_rng(seed).random((32, 14)).astype(np.float32)
    hits = p > NATURAL
    v = velocities(p, hits, NATURAL)
    assert ((v > 0) == hits).all()
    assert v.max() <= 127


def test_certain_hits_on_heavy_steps_are_louder() -> None:
    hits = np.ones((32, 14), bool)
    sure = velocities(np.full((32, 14), 0.99, np.float32), hits, NATURAL)
    unsure = velocities(np.full((32, 14), 0.91, np.float32), hits, NATURAL)
    assert (sure >= unsure).all()
    assert sure[0, 0] > sure[8, 0] > sure[4, 0] > sure[2, 0] > sure[1, 0]
    assert sure[4, 1] == sure[0, 1] > sure[8, 1]  # the snare's backbeat
    assert sure[0, 0] == pytest.approx(126, abs=1)


def accented(seed: int, accent: float) -> NDArray[np.int64]:
    """Velocities of the hits of a beat, in one order whatever the accent."""
    p = probabilities(seed)
    hits = p > NATURAL
    loud = velocities(p, hits, NATURAL, accent)
    assert ((loud > 0) == hits).all()
    return loud[hits].astype(np.int64)


@given(seeds)
def test_the_accents_middle_is_natural_to_the_byte(seed: int) -> None:
    p = probabilities(seed)
    natural = velocities(p, p > NATURAL, NATURAL)
    assert np.array_equal(natural, velocities(p, p > NATURAL, NATURAL, 0.5))
    near = accented(seed, 0.5 + 1e-9)
    assert np.array_equal(near, natural[natural > 0])


@given(seeds, unit)
def test_accents_keep_the_order_and_stay_midi(seed: int, accent: float) -> None:
    order = np.argsort(accented(seed, 0.5), kind="stable")
    loud = accented(seed, accent)
    assert (np.diff(loud[order]) >= 0).all()
    assert ((loud >= 1) & (loud <= 127)).all()


@given(seeds, unit, unit)
def test_more_accent_moves_every_hit_away_from_the_mean(seed: int, a: float, b: float) -> None:
    natural = accented(seed, 0.5)
    less, more = (accented(seed, accent) for accent in sorted((a, b)))
    louder = natural > natural.mean()
    assert (more[louder] >= less[louder]).all()
    assert (more[~louder] <= less[~louder]).all()


@given(seeds)
def test_the_ends_of_accent_are_flat_and_strong(seed: int) -> None:
    flat, natural, strong = (accented(seed, accent) for accent in (0.0, 0.5, 1.0))
    assert np.ptp(flat) == 0
    assert flat[0] == pytest.approx(natural.mean(), abs=0.5)
    assert strong.std() > 1.3 * natural.std()


def test_beats_of_a_batch_have_means_of_their_own() -> None:
    p = np.stack([probabilities(1), probabilities(2), np.zeros((32, 14), np.float32)])
    hits = p > NATURAL
    batch = velocities(p, hits, NATURAL, 0.8)
    alone = [velocities(*one, NATURAL, 0.8) for one in zip(p, hits, strict=True)]
    assert np.array_equal(batch, np.stack(alone))
    assert not batch[2].any()


def test_between_two_hits_more_the_velocities_change() -> None:
    p = probabilities(3)
    loud = [
        velocities(p, *hits_at(p, NATURAL, Density(0.6 + i / 256))).sum(dtype=int) for i in range(9)
    ]
    assert len(set(loud)) == 9


def test_the_five_stages_are_where_the_docstring_says() -> None:
    said = velocity.__doc__ or ""
    places = re.findall(r"  (here|[a-z_.]+), `([\w.]+)`", said)
    assert re.findall(r"^    (\d) ", said, re.MULTILINE) == list("12345")
    assert len(places) == 6  # the first stage has two
    for room, name in places:
        inner = {"here": "explore.velocity"}.get(room, room if "." in room else f"explore.{room}")
        assert callable(attrgetter(name)(importlib.import_module(f"drumatlas.{inner}")))
