"""The names of knobs follow what they do, whatever the basis was fitted to."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas_export.atlas.axes import correlations, named_latent
from drumatlas_export.atlas.basis import KNOB_REACH, knob_basis
from drumatlas_export.atlas.features import FEATURES
from drumatlas_export.space import Space, of_checkpoint
from drumatlas_export.train.checkpoint import Checkpoint

pytestmark = pytest.mark.export

Floats = NDArray[np.float32]
KICK, SNARE, HAT, CRASH, CONGA = 0, 1, 2, 7, 12
PLAIN = np.eye(4, dtype=np.float32) * KNOB_REACH


def up_to(amount: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the first steps of a bar [n, 16]: half of them at amount [n] 0, all of them at 2."""
    return np.less(np.arange(16), 8 + 4 * amount[:, None])


def decode(z: Floats) -> Floats:
    """Decode so that the first axis adds kicks, the second one takes out snare hits off the
    backbeat, the third one takes out congas, and the fourth one adds crashes."""
    p = np.zeros((len(z), 32, 14), np.float32)
    axes = (z - CENTRE).astype(np.float64).T
    p[:, :, HAT] = 0.9
    for bar in (slice(0, 16), slice(16, 32)):
        p[:, bar, KICK] = up_to(axes[0])
        p[:, bar, SNARE] = up_to(-axes[1]) & ~np.isin(np.arange(16), (4, 12))
        p[:, bar, CONGA] = up_to(-axes[2])
        p[:, bar, CRASH] = up_to(axes[3])
    return p


CENTRE = np.array([1, 2, 3, 4], np.float32)
SPACE = Space(
    name="made up",
    centre=CENTRE,
    reach=np.ones(4, np.float32),
    thresholds=np.full(14, 0.5, np.float32),
    known=np.zeros(0, np.uint64),
    config={},
    decode=decode,
    encode=decode,
)


def test_each_knob_has_the_name_of_what_it_does() -> None:
    latent = named_latent(SPACE, PLAIN, 5)
    assert latent.axes == ("kicks", "busy snare", "drums and hands", "cymbals")
    assert min(latent.correlations) > 0.85
    assert max(latent.correlations) <= 1
    assert latent.centre is SPACE.centre
    assert latent.reach is SPACE.reach
    # Snare and congas grow when their knobs are turned up, so these two are reversed.
    assert np.array_equal(latent.basis, PLAIN * [1, -1, -1, 1])


def test_names_move_with_the_knobs() -> None:
    order = [2, 0, 3, 1]
    latent = named_latent(SPACE, PLAIN[:, order], 5)
    names = named_latent(SPACE, PLAIN, 5).axes
    assert latent.axes == tuple(names[i] for i in order)


def test_the_feature_rises_and_the_correlation_is_that_of_the_hits() -> None:
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))[0]
    latent = named_latent(SPACE, (PLAIN @ turn).astype(np.float32), 5)
    knobs = np.random.default_rng(8).standard_normal((8000, 4)) / KNOB_REACH
    z = (SPACE.centre + knobs @ latent.basis.T).astype(np.float32)
    hits = SPACE.hits(z).astype(np.float32)
    for i, (name, correlation) in enumerate(zip(latent.axes, latent.correlations, strict=True)):
        assert correlation >= 0
        measured = np.corrcoef(knobs[:, i], FEATURES[name](hits))[0, 1]
        assert measured == pytest.approx(correlation, abs=0.05)


def test_no_two_knobs_share_a_name() -> None:
    """Three knobs that all move the kicks: each has another name."""

    def kicks(z: Floats) -> Floats:
        p = decode(z)
        p[:, :, KICK] = np.tile(up_to((z - CENTRE)[:, :3].sum(axis=1).astype(np.float64)), 2)
        p[:, :, [SNARE, CONGA]] = 0
        return p

    latent = named_latent(replace(SPACE, decode=kicks), PLAIN, 5)
    assert len(set(latent.axes)) == 4
    assert {"kicks", "density"} < set(latent.axes[:3])


def test_a_knob_that_does_nothing_has_a_correlation_of_about_0() -> None:
    def still(z: Floats) -> Floats:
        return decode(np.where(np.arange(4) == 0, z, CENTRE).astype(np.float32))

    latent = named_latent(replace(SPACE, decode=still), PLAIN, 5)
    assert latent.correlations[0] > 0.9
    assert max(latent.correlations[1:]) < 0.06
    silent = replace(SPACE, thresholds=np.full(14, 2, np.float32))
    assert named_latent(silent, PLAIN, 5).correlations == (0, 0, 0, 0)


def test_names_are_measured_at_other_points_than_the_fit() -> None:
    """Or else the correlation would flatter the fit."""
    asked: list[Floats] = []

    def listen(z: Floats) -> Floats:
        asked.append(z)
        return decode(z)

    space = replace(SPACE, decode=listen)
    z = np.random.default_rng(1).standard_normal((500, 4)).astype(np.float32)
    basis, _ = knob_basis(space, z, 5)
    named_latent(space, basis, 5)
    fitted, measured = asked
    assert not set(map(tuple, fitted.tolist())) & set(map(tuple, measured.tolist()))
    assert measured.mean(axis=0) == pytest.approx(CENTRE, abs=0.15)
    assert np.cov(measured.T) == pytest.approx(np.cov(z.T), abs=0.15)


def test_the_names_of_a_trained_model_are_reproducible(checkpoint: Checkpoint) -> None:
    space = of_checkpoint(checkpoint, "x")
    basis, _ = knob_basis(space, checkpoint.z, 1)
    first, again = (named_latent(space, basis, 1) for _ in range(2))
    assert first.axes == again.axes
    assert first.correlations == again.correlations
    assert np.array_equal(first.basis, again.basis)
    assert first.correlations[0] > 0.5


def test_correlations_by_hand() -> None:
    x = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    y = np.array([[2.0, 1.0, 0.0], [4.0, 0.0, 3.0], [6.0, -1.0, 0.0]])
    assert correlations(x, y) == pytest.approx(np.array([[1, -1, 0], [0, 0, 0]]), abs=1e-9)
