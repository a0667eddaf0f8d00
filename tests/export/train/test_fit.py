from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import grids, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError, ModelError
from drumatlas_export.train.checkpoint import Checkpoint
from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.fit import calibrate, decode_all, fit, fit_prior, sample_prior
from drumatlas_export.train.split import Split, split_by_song

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def split(rows: list[BeatRow], config: TrainConfig) -> Split:
    return split_by_song(rows, config.seed, config.validation_share, config.test_share)


@given(st.lists(st.floats(0.0, 1.0), min_size=14, max_size=14), st.integers(0, 99))
def test_calibrate_gives_the_wanted_density(shares: list[float], seed: int) -> None:
    p = np.random.default_rng(seed).random((20, 32, 14), np.float32)
    thresholds = calibrate(p, np.array(shares, np.float32))
    assert thresholds.shape == (14,)
    assert thresholds.dtype == np.float32
    for voice, (share, threshold) in enumerate(zip(shares, thresholds.tolist(), strict=True)):
        assert 0.1 <= round(threshold, 6) <= 0.9
        if 0.1001 < threshold < 0.8999:  # else the limits were in the way
            assert (p[:, :, voice] > threshold).mean() == pytest.approx(share, abs=2 / 640)
        elif threshold > 0.5:
            assert (p[:, :, voice] > threshold).mean() >= share - 2 / 640
        else:
            assert (p[:, :, voice] > threshold).mean() <= share + 2 / 640


def test_calibrate_takes_each_voice_by_itself() -> None:
    p = np.zeros((1, 32, 14), np.float32)
    p[0, :, 0] = np.linspace(0, 1, 32)
    density = np.full(14, 0.5, np.float32)
    assert calibrate(p, density) == pytest.approx([0.5] + [0.1] * 13)


def test_the_prior_covers_the_encodings_or_is_standard_normal() -> None:
    z = np.array([[0, 1, 2, 3], [2, 1.5, 4, -3]], np.float32)
    centre, reach = fit_prior("fitted", z)
    assert centre.tolist() == [1, 1.25, 3, 0]
    assert reach.tolist() == [1, 0.25, 1, 3]
    centre, reach = fit_prior("standard", z)
    assert (centre.tolist(), reach.tolist()) == ([0] * 4, [1] * 4)


def test_a_prior_without_width_is_an_error() -> None:
    z = np.array([[0, 1, 2, 3], [2, 1, 4, -3]], np.float32)
    with pytest.raises(ModelError, match="encodes all beats alike"):
        fit_prior("fitted", z)


def test_samples_have_the_centre_and_reach_of_the_prior() -> None:
    centre, reach = np.array([0, 5, -5, 1], np.float32), np.array([1, 0.1, 3, 0], np.float32)
    z = sample_prior(centre, reach, 20_000, 4)
    assert (z.shape, z.dtype) == ((20_000, 4), np.float32)
    assert z.mean(axis=0) == pytest.approx(centre, abs=0.08)
    assert z.std(axis=0) == pytest.approx(reach, rel=0.03)
    assert np.corrcoef(z[:, :3].T) == pytest.approx(np.eye(3), abs=0.03)
    assert np.array_equal(z, sample_prior(centre, reach, 20_000, 4))
    assert not np.array_equal(z, sample_prior(centre, reach, 20_000, 5))


def test_fit_gathers_what_belongs_to_the_beats(
    checkpoint: Checkpoint, rows: list[BeatRow], config: TrainConfig
) -> None:
    x = grids([row.code for row in rows]).astype(np.float32)
    with torch.no_grad():
        z = checkpoint.model.encode(torch.from_numpy(x)).numpy()
    assert checkpoint.config == config
    assert np.array_equal(checkpoint.z, z)
    assert checkpoint.labels == [list(row.labels) for row in rows]
    assert checkpoint.hashes.tolist() == [rotation_hash(row.code) for row in rows]
    assert not checkpoint.model.training


def test_prior_and_density_are_of_the_training_beats_alone(
    checkpoint: Checkpoint, rows: list[BeatRow], split: Split
) -> None:
    x = grids([row.code for row in rows])[split.train]
    z = checkpoint.z[split.train]
    assert checkpoint.density == pytest.approx(x.mean(axis=(0, 1)), abs=1e-6)
    assert checkpoint.centre == pytest.approx(z.mean(axis=0), abs=1e-6)
    assert checkpoint.reach == pytest.approx(z.std(axis=0), abs=1e-6)


def test_samples_have_the_density_of_real_beats(checkpoint: Checkpoint) -> None:
    z = sample_prior(checkpoint.centre, checkpoint.reach, 4000, 77)
    share = (decode_all(checkpoint.model, z) > checkpoint.thresholds).mean(axis=(0, 1))
    free = (checkpoint.thresholds > 0.101) & (checkpoint.thresholds < 0.899)
    assert free.sum() >= 3
    assert share[free] == pytest.approx(checkpoint.density[free], abs=0.02)


def test_the_checkpoint_records_the_run(
    checkpoint: Checkpoint, rows: list[BeatRow], beats_tsv: Path, split: Split
) -> None:
    run = dict(checkpoint.run)
    nats = run.pop("validation_nats")
    assert 0 < nats < 448 * np.log(2)
    assert 1 <= run.pop("best_epoch") <= run.pop("epochs") <= 60
    assert run == {
        "beats": len(rows),
        "train_beats": len(split.train),
        "validation_beats": len(split.validation),
        "test_beats": len(split.test),
        "songs": 100,
        "beats_sha256": sha256(beats_tsv.read_bytes()).hexdigest(),
        "torch": torch.__version__,
    }


def test_fit_is_reproducible(rows: list[BeatRow], config: TrainConfig) -> None:
    short = replace(config, kind="vae", max_epochs=2)
    first, again = (fit(rows, short, lambda *_: None) for _ in range(2))
    assert np.array_equal(first.z, again.z)
    assert np.array_equal(first.thresholds, again.thresholds)
    assert first.run == again.run
    assert (first.centre.tolist(), first.reach.tolist()) == ([0] * 4, [1] * 4)


def test_too_few_beats_are_refused(rows: list[BeatRow], config: TrainConfig) -> None:
    with pytest.raises(BeatError, match="2 beats are too few"):
        fit(rows[:2], config, lambda *_: None)
