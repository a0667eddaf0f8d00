from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas_export.atlas.basis import KNOB_REACH, features, knob_basis
from drumatlas_export.space import Space, of_checkpoint
from drumatlas_export.train.checkpoint import Checkpoint

pytestmark = pytest.mark.export

Floats = NDArray[np.float32]
NAMES = {"density", "syncopation", "closed hats", "drums and hands"}
HAT, OPEN, RIDE, SNARE, TOM, CONGA = 2, 5, 8, 1, 3, 12


def beat(*cells: tuple[int, int, float]) -> Floats:
    """Probabilities [1, 32, 14] with `cells` (step, voice, p)."""
    p = np.zeros((1, 32, 14), np.float32)
    for step, voice, value in cells:
        p[0, step, voice] = value
    return p


def space_of(decode: Callable[[Floats], Floats]) -> Space:
    """A space around (1, 2, 3, 4) that decodes by a formula."""
    ones = np.ones(4, np.float32)
    centre = np.array([1, 2, 3, 4], np.float32)
    known = np.zeros(0, np.uint64)
    return Space("made up", centre, ones, np.full(14, 0.5, np.float32), known, {}, decode, decode)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (beat((0, SNARE, 1)), (1, 0, 0, 0)),
        (beat((1, SNARE, 0.5), (2, SNARE, 0.5)), (1, 0.5, 0, 0)),
        (beat((0, HAT, 1), (2, HAT, 0.5)), (1.5, 0, 1.5, 0)),
        (beat((0, OPEN, 1), (31, RIDE, 1)), (2, 0.5, -2, 0)),
        (beat((0, TOM, 1), (2, CONGA, 1), (4, SNARE, 2)), (4, 0, 0, 0.5)),
        (beat(), (0, 0, 0, 0)),
    ],
)
def test_features_measure_density_syncopation_hats_and_drums(
    p: Floats, expected: tuple[float, ...]
) -> None:
    values = features(p)
    order = ("density", "syncopation", "closed hats", "drums and hands")
    assert [float(values[name][0]) for name in order] == pytest.approx(expected, abs=1e-5)


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
    assert set(axes) == NAMES
    # Orthogonal in whitened space: basis @ basis.T is the covariance, KNOB_REACH deviations wide.
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
