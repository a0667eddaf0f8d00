from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas_export.atlas.basis import FITTED, KNOB_REACH, knob_basis
from drumatlas_export.atlas.features import FEATURES
from drumatlas_export.space import Space, of_checkpoint
from drumatlas_export.train.checkpoint import Checkpoint

pytestmark = pytest.mark.export

Floats = NDArray[np.float32]
HAT, SNARE = 2, 1


def features(p: Floats) -> dict[str, Floats]:
    return {name: FEATURES[name](p) for name in FITTED}


def space_of(decode: Callable[[Floats], Floats]) -> Space:
    """A space around (1, 2, 3, 4) that decodes by a formula."""
    ones = np.ones(4, np.float32)
    centre = np.array([1, 2, 3, 4], np.float32)
    known = np.zeros(0, np.uint64)
    return Space("made up", centre, ones, np.full(14, 0.5, np.float32), known, {}, decode, decode)


def four_formulas(z: Floats) -> Floats:
    """Latent axes that each move about one feature: off-beats, hats, toms, and all alike."""
    move = (z - [1, 2, 3, 4]) / 100
    p = np.full((len(z), 32, 14), 0.2)
    p[:, 1::2] += move[:, 0, None, None]
    p[:, ::2] -= move[:, 0, None, None]
    p[:, :, HAT] += 6 * move[:, 1, None]
    p[:, :, SNARE] -= 6 * move[:, 1, None]
    p[:, :, [3, 4, 6]] += 2 * move[:, 2, None, None]
    p[:, :, [0, 7]] -= 3 * move[:, 2, None, None]
    return (p * (1 + move[:, 3, None, None])).astype(np.float32)


@pytest.fixture(scope="module")
def z() -> Floats:
    """Encodings with correlated axes of different widths."""
    mix = np.array([[2, 0, 0, 0], [0.5, 1, 0, 0], [0, 0.3, 0.7, 0], [0.2, 0, 0, 1.5]])
    return (np.random.default_rng(1).standard_normal((500, 4)) @ mix.T).astype(np.float32)


def test_the_knobs_span_the_encodings_and_no_more(z: Floats) -> None:
    basis, axes = knob_basis(space_of(four_formulas), z, 5)
    assert basis.dtype == np.float32
    assert set(axes) == set(FITTED)
    # Orthogonal in whitened space: basis @ basis.T is the covariance, KNOB_REACH deviations wide.
    assert basis @ basis.T == pytest.approx(KNOB_REACH**2 * np.cov(z.T), rel=1e-4, abs=1e-4)


def test_a_feature_that_never_varies_still_leaves_four_knobs(z: Floats) -> None:
    def decode(z: Floats) -> Floats:
        p = four_formulas(z)
        p[:, :, [HAT, 5, 8]] = 0
        return p

    basis, _ = knob_basis(space_of(decode), z, 5)
    assert basis @ basis.T == pytest.approx(KNOB_REACH**2 * np.cov(z.T), rel=1e-4, abs=1e-4)


def test_the_features_are_asked_for_where_beats_lie(z: Floats) -> None:
    asked: list[Floats] = []

    def decode(z: Floats) -> Floats:
        asked.append(z)
        return four_formulas(z)

    knob_basis(space_of(decode), z, 5)
    (places,) = asked
    assert places.mean(axis=0) == pytest.approx([1, 2, 3, 4], abs=0.15)
    assert np.cov(places.T) == pytest.approx(np.cov(z.T), abs=0.2)


def test_each_knob_does_what_its_name_says(z: Floats) -> None:
    space = space_of(four_formulas)
    basis, axes = knob_basis(space, z, 5)
    for knob, name in enumerate(axes):
        ends = [features(space.decode(space.centre + s * basis[None, :, knob])) for s in (-1, 1)]
        low, high = ({feature: float(v[0]) for feature, v in end.items()} for end in ends)
        assert high[name] > low[name]


def test_a_knob_leaves_the_features_before_it_alone(z: Floats) -> None:
    space = space_of(four_formulas)
    basis, axes = knob_basis(space, z, 5)
    u = np.random.default_rng(9).uniform(-1, 1, (3000, 4))
    values = features(space.decode((space.centre + u @ basis.T).astype(np.float32)))
    for i, name in enumerate(axes):
        later = [np.corrcoef(u[:, j], values[name])[0, 1] for j in range(i + 1, 4)]
        assert np.abs(later) == pytest.approx(0, abs=0.07)
        assert np.corrcoef(u[:, i], values[name])[0, 1] > 0.3


def test_knobs_of_a_trained_model_move_their_features(checkpoint: Checkpoint) -> None:
    space = of_checkpoint(checkpoint, "x")
    basis, axes = knob_basis(space, checkpoint.z, 1)
    u = np.random.default_rng(9).standard_normal((20_000, 4)) / KNOB_REACH
    values = features(space.decode((space.centre + u @ basis.T).astype(np.float32)))
    linked = [np.corrcoef(u[:, i], values[name])[0, 1] for i, name in enumerate(axes)]
    # The tiny model knows little more than three kinds of beats: two ways to move.
    assert linked[0] > 0.7
    assert linked[1] > 0.1
    assert min(linked[2:]) > -0.05


def test_the_basis_is_reproducible(z: Floats) -> None:
    first, again = (knob_basis(space_of(four_formulas), z, 5) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]


def test_the_order_explains_most(z: Floats) -> None:
    # Only the density moves along the widest-explained axis here; it must lead.
    def decode(z: Floats) -> Floats:
        noise = np.random.default_rng(0).random((len(z), 32, 14)) * 0.2
        return (noise + 0.3 + 0.02 * z[:, 3, None, None]).astype(np.float32)

    _, axes = knob_basis(space_of(decode), z, 5)
    assert axes[0] == "density"
