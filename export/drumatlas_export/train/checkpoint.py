"""model.pt: the trained network, its settings, and all that an atlas needs from its beats.

It holds no beats, only their latent points, labels and one-way hashes.
"""

import json
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from drumatlas.beat.voices import VOICES
from drumatlas.errors import ConfigError, FileError, ModelError
from drumatlas.files import atomic
from drumatlas_export.train.config import TrainConfig, apply
from drumatlas_export.train.kinds import KINDS
from drumatlas_export.train.models import LATENT, Model

FORMAT = "drumatlas-model"
VERSION = 1
MAX_BYTES = 256 << 20  # unpacked; a model with a million beats has 60 MB


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained model. `z`, `labels` and `hashes` cover all n beats of the run, in order."""

    config: TrainConfig
    model: Model
    centre: NDArray[np.float32]  # [4] prior: mean of each axis
    reach: NDArray[np.float32]  # [4] prior: standard deviation of each axis, above 0
    thresholds: NDArray[np.float32]  # [14] probability above which a voice hits
    density: NDArray[np.float32]  # [14] hits per step of each voice in the training beats
    z: NDArray[np.float32]  # [n, 4]
    labels: list[list[str]]
    hashes: NDArray[np.uint64]  # [n] rotation classes
    run: dict[str, Any]  # counts, epochs, losses, SHA-256 of the beats, versions


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write `checkpoint` to `path`, completely or not at all; FileError if it can't be written."""
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
    """Read a checkpoint. Nothing in it is executed, and its size is checked before it is unpacked.

    FileError if the file can't be read; ModelError, with its name, if it is not a valid model.
    """
    try:
        with ZipFile(path) as archive:  # torch checks no CRC
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise ModelError(
                    f"{path}: unpacks to over {MAX_BYTES >> 20} MiB, too much for a model"
                )
            damaged = archive.testzip()
        if damaged is not None:
            raise ModelError(f"{path}: damaged ({damaged})")
        data = torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None
    except Exception:  # zipfile, pickle and torch raise a dozen types for other files
        raise ModelError(f"{path}: not a drumatlas model, or damaged") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ModelError(f"{path}: not a drumatlas model")
    if data.get("version") != VERSION:
        raise ModelError(
            f"{path}: unsupported version {data.get('version')!r}; this program reads {VERSION}"
        )
    try:
        return _build(data, str(path))
    except (KeyError, RuntimeError, TypeError, ValueError, AttributeError, ConfigError) as error:
        text = str(error).removeprefix(f"{path}: ")
        raise ModelError(f"{path}: damaged: {' '.join(text.split())[:120]}") from None


def _numbers(values: list[float], count: int) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # too large a number becomes infinite
        array = np.array(values, np.float32).reshape(count)
    if not np.isfinite(array).all():
        raise ValueError("a number is not finite")
    return array


def _run(values: dict[str, Any]) -> dict[str, Any]:
    json.dumps(values, allow_nan=False)  # raises if an atlas could not hold it
    return dict(values)


def _build(data: dict[str, Any], name: str) -> Checkpoint:
    config = apply(TrainConfig(), data["config"], name)
    model = KINDS[config.kind].stored(config, data["state"])
    model.load_state_dict(data["state"])
    model.eval()
    z = data["z"].numpy()
    if z.shape != (len(data["labels"]), LATENT):
        raise ValueError("latent points and labels differ in number")
    if z.dtype != np.float32 or not np.isfinite(z).all():
        raise ValueError("latent points are not finite float32 numbers")
    if data["hashes"].shape != (len(z),) or data["hashes"].dtype != torch.int64:
        raise ValueError("hashes are not one 64-bit number per latent point")
    reach = _numbers(data["reach"], LATENT)
    if not (reach > 0).all():
        raise ValueError("the prior's reach is not above 0")
    return Checkpoint(
        config=config,
        model=model,
        centre=_numbers(data["centre"], LATENT),
        reach=reach,
        thresholds=_numbers(data["thresholds"], VOICES),
        density=_numbers(data["density"], VOICES),
        z=z,
        labels=[[str(word) for word in words] for words in data["labels"]],
        hashes=data["hashes"].numpy().view(np.uint64),
        run=_run(data["run"]),
    )
