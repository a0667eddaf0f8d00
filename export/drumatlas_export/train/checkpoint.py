"""model.pt: the trained network with its config and all that an atlas needs from its beats.

No beat is inside: latent points, labels and one-way hashes are.
"""

import pickle
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from drumatlas.errors import ConfigError, FileError, ModelError
from drumatlas.files import atomic
from drumatlas_export.train.config import TrainConfig, apply
from drumatlas_export.train.models import LATENT, Autoencoder

FORMAT = "drumatlas-model"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained model. `z`, `labels` and `hashes` are of all beats it was given, in order."""

    config: TrainConfig
    model: Autoencoder
    centre: NDArray[np.float32]  # [4] prior: mean of each axis
    reach: NDArray[np.float32]  # [4] prior: standard deviation of each axis
    thresholds: NDArray[np.float32]  # [14]
    density: NDArray[np.float32]  # [14] hits per cell of the training beats
    z: NDArray[np.float32]  # [n, 4]
    labels: list[list[str]]
    hashes: NDArray[np.uint64]  # [n] rotation classes
    run: dict[str, Any]  # counts, epochs, losses, SHA-256 of the beats, versions


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write `checkpoint`, all or nothing."""
    buffer = BytesIO()
    torch.save(
        {
            "format": FORMAT,
            "version": VERSION,
            "config": asdict(checkpoint.config),
            "state": checkpoint.model.state_dict(),
            "centre": checkpoint.centre.tolist(),
            "reach": checkpoint.reach.tolist(),
            "thresholds": checkpoint.thresholds.tolist(),
            "density": checkpoint.density.tolist(),
            "z": torch.from_numpy(checkpoint.z),
            "labels": checkpoint.labels,
            "hashes": torch.from_numpy(checkpoint.hashes.view(np.int64)),
            "run": checkpoint.run,
        },
        buffer,
    )
    with atomic(path) as stream:
        stream.write(buffer.getvalue())


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; ModelError names the file. Nothing in it is executed."""
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: can't be read: {str(error).splitlines()[0][:120]}") from None
    except (pickle.UnpicklingError, BadZipFile, AttributeError, TypeError, IndexError):
        raise ModelError(f"{path}: not a drumatlas model") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ModelError(f"{path}: not a drumatlas model")
    if data.get("version") != VERSION:
        raise ModelError(f"{path}: version {data.get('version')!r}; this program reads {VERSION}")
    try:
        return _build(data, str(path))
    except (KeyError, RuntimeError, TypeError, ValueError, AttributeError, ConfigError) as error:
        raise ModelError(f"{path}: damaged: {str(error).splitlines()[0][:120]}") from None


def _build(data: dict[str, Any], name: str) -> Checkpoint:
    config = apply(TrainConfig(), data["config"], name)
    model = Autoencoder(config)
    model.load_state_dict(data["state"])
    model.eval()
    z = data["z"].numpy().astype(np.float32)
    if z.shape != (len(data["labels"]), LATENT):
        raise ValueError("latent points and labels differ in number")
    return Checkpoint(
        config=config,
        model=model,
        centre=np.array(data["centre"], np.float32).reshape(LATENT),
        reach=np.array(data["reach"], np.float32).reshape(LATENT),
        thresholds=np.array(data["thresholds"], np.float32),
        density=np.array(data["density"], np.float32),
        z=z,
        labels=[[str(word) for word in words] for words in data["labels"]],
        hashes=data["hashes"].numpy().view(np.uint64),
        run=dict(data["run"]),
    )
