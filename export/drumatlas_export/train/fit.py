"""From beats to a checkpoint: split, train, fit the prior, set the thresholds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from drumatlas.beat.codes import grids, rotation_hash
from drumatlas.beat.tsv import BeatRow, format_rows
from drumatlas.beat.voices import VOICES
from drumatlas.errors import ModelError
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.train.checkpoint import Checkpoint
from drumatlas_export.train.config import Prior, TrainConfig, recipe
from drumatlas_export.train.kinds import Beats
from drumatlas_export.train.loop import ReportEpoch, Trained, train
from drumatlas_export.train.models import LATENT, Model
from drumatlas_export.train.split import Split, songs_of, split_by_song

CALIBRATION_POINTS = 10_000  # samples of the prior that set the thresholds
_MIN, _MAX = 0.1, 0.9  # threshold; outside, a rare voice would hit on noise, or never


def calibrate(
    probabilities: NDArray[np.float32], density: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a threshold per voice [14], in 0.1..0.9.

    With these thresholds the samples p [n, 32, 14] are as dense as real beats: `density` [14] is
    the share of steps on which each voice hits.
    """
    return np.array(
        [
            np.clip(np.quantile(probabilities[:, :, voice], 1 - share), _MIN, _MAX)
            for voice, share in enumerate(density)
        ],
        np.float32,
    )


def fit_prior(
    prior: Prior, z: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the prior's mean [4] and standard deviation [4] of each axis.

    The standard prior is N(0, 1) on each axis; any other is fitted to the encodings z [n, 4].
    ModelError if these do not vary on an axis.
    """
    if prior == "standard":
        return np.zeros(LATENT, np.float32), np.ones(LATENT, np.float32)
    reach = z.std(axis=0)
    if not (reach > 0).all():
        raise ModelError("the network encodes all beats alike", "use another seed, or more beats")
    return z.mean(axis=0), reach


def sample_prior(
    centre: NDArray[np.float32], reach: NDArray[np.float32], n: int, seed: int
) -> NDArray[np.float32]:
    """Draw n latent points [n, 4], each axis from its own Gaussian, as in the article."""
    normal = np.random.default_rng(seed).standard_normal((n, LATENT))
    return (centre + reach * normal).astype(np.float32)


def decode_all(model: Model, z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities [n, 32, 14] at latent points z [n, 4]."""
    with torch.no_grad():
        p: NDArray[np.float32] = model.decode(torch.from_numpy(z)).numpy()
    return p


@contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch in one thread meanwhile.

    These networks are too small to share: on 2 cores two threads take three times as long.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fit(rows: Sequence[BeatRow], config: TrainConfig, progress: ReportEpoch) -> Checkpoint:
    """Train on `rows` with held-out songs, and return all that an atlas needs.

    BeatError if the beats are too few to split; ModelError if training fails.
    """
    split = split_by_song(rows, config.seed, config.validation_share, config.test_share)
    x = torch.from_numpy(grids([row.code for row in rows]).astype(np.float32))
    beats = _beats([rows[i] for i in split.train])
    with one_thread():
        trained = train(beats, x[split.validation].flatten(1), config, progress)
        model = trained.model.eval()
        model.settle(x[split.train], _weights(beats.songs, config.song_beats), config.seed)
    with torch.no_grad():
        z = model.encode(x).numpy()
    centre, reach = fit_prior(recipe(config.kind).prior, z[split.train])
    density = x[split.train].numpy().mean(axis=(0, 1))
    points = sample_prior(centre, reach, CALIBRATION_POINTS, config.seed)
    return Checkpoint(
        config=config,
        model=model,
        centre=centre,
        reach=reach,
        thresholds=_thresholds(model, points, density),
        density=density,
        z=z,
        labels=[list(row.labels) for row in rows],
        hashes=np.array([rotation_hash(row.code) for row in rows], np.uint64),
        run=_run_facts(rows, split, trained),
    )


def _beats(rows: Sequence[BeatRow]) -> Beats:
    """Return training beats with the numbers of their songs and of their genres."""
    genres = [first_genre(row.labels) for row in rows]
    names = tuple(sorted({name for name in genres if name}))
    number_of = {name: i for i, name in enumerate(names)}
    return Beats(
        torch.from_numpy(grids([row.code for row in rows]).astype(np.float32)).flatten(1),
        songs_of(rows),
        torch.tensor([number_of.get(name, -1) for name in genres]),
        names,
    )


def _weights(songs: NDArray[np.int64], most: int) -> torch.Tensor:
    """Return for how much each beat counts [n], if at most `most` of each song do (0: all)."""
    _, number, count = np.unique(songs, return_inverse=True, return_counts=True)
    share = np.minimum(count, most or count.max()) / count
    return torch.from_numpy(share[number].astype(np.float32))


def _thresholds(
    model: Model, points: NDArray[np.float32], density: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a threshold per voice [14], calibrated on samples of the prior `points` [n, 4]."""
    if model.has_own_level:
        return np.full(VOICES, 0.5, np.float32)  # the network itself decides
    return calibrate(decode_all(model, points), density)


def _run_facts(rows: Sequence[BeatRow], split: Split, trained: Trained) -> dict[str, Any]:
    """Return the counts, epochs, loss and versions of a run, for checkpoint and atlas."""
    return {
        "beats": len(rows),
        "train_beats": len(split.train),
        "validation_beats": len(split.validation),
        "test_beats": len(split.test),
        "songs": len({song for row in rows for song in row.songs}),
        "beats_sha256": sha256("".join(format_rows(rows)).encode()).hexdigest(),
        "epochs": trained.epochs,
        "best_epoch": trained.best_epoch,
        "validation_nats": round(trained.validation_loss, 3),
        "torch": str(torch.__version__),
    }
