"""A space to sample and to score: one interface to checkpoints and atlases."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Genre, Groove, Network
from drumatlas.atlas.trial import open_atlas
from drumatlas.beat.codes import Grid, pack
from drumatlas.errors import FileError
from drumatlas.explore.encode import refine
from drumatlas.files import naming
from drumatlas_export.mine.sources import printable
from drumatlas_export.train import checkpoint as checkpoints
from drumatlas_export.train.fit import decode_all, sample_prior

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Space:
    """Prior, networks and thresholds of a checkpoint or an atlas."""

    name: str
    centre: NDArray[np.float32]  # [4] prior: mean of each axis
    reach: NDArray[np.float32]  # [4] prior: standard deviation of each axis
    thresholds: NDArray[np.float32]  # [14] probability above which a voice hits
    known: NDArray[np.uint64]  # [n] hashes of the rotation classes of known beats
    config: dict[str, Any]  # training settings
    decode: Network  # z [n, 4] -> p [n, 32, 14]
    encode: Network  # x [n, 32, 14] -> z [n, 4]
    genres: tuple[Genre, ...] = ()  # areas; a checkpoint has none
    groove: Groove | None = None
    atlas: Atlas | None = None  # the atlas that was opened; None for a checkpoint

    def sample(self, n: int, seed: int) -> NDArray[np.float32]:
        """Draw n points [n, 4] from the prior; the same seed gives the same points."""
        return sample_prior(self.centre, self.reach, n, seed)

    def hits(
        self, z: NDArray[np.float32], thresholds: NDArray[np.float32] | float | None = None
    ) -> NDArray[np.bool_]:
        """Return the hits [n, 32, 14] at points z [n, 4], by `thresholds` or by the space's own."""
        limit = self.thresholds if thresholds is None else thresholds
        # By batches, because hits take a quarter of the memory of probabilities.
        return np.concatenate([p > limit for p in self._decoded(z)])

    def codes(self, z: NDArray[np.float32]) -> NDArray[np.uint16]:
        """Return the beats at points z [n, 4] as codes [n, 32], in a 14th of the memory of hits."""
        return np.concatenate([pack(p > self.thresholds) for p in self._decoded(z)])

    def probabilities(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities [n, 32, 14], 0..1, of hits at points z [n, 4]."""
        return np.concatenate(list(self._decoded(z)))

    def places(self, beats: Grid) -> NDArray[np.float32]:
        """Return the points z [n, 4] where the box lands with beats [n, 32, 14]: the encoder's
        answers, improved by the box's search."""
        answers = self.encode(beats.astype(np.float32))
        found = [
            refine(self.hits, self.reach, answer, beat)
            for answer, beat in zip(answers, beats, strict=True)
        ]
        return np.array(found, np.float32).reshape(answers.shape)

    def _decoded(self, z: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        return (self.decode(z[i : i + _BATCH]) for i in range(0, max(len(z), 1), _BATCH))


def of_checkpoint(one: checkpoints.Checkpoint, name: str) -> Space:
    """Return the checkpoint `one` as a space called `name`."""

    def encode(x: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            z: NDArray[np.float32] = one.model.encode(torch.from_numpy(x)).numpy()
        return z

    return Space(
        name,
        one.centre,
        one.reach,
        one.thresholds,
        one.hashes,
        {field: getattr(one.config, field) for field in one.config.__slots__},
        partial(decode_all, one.model),
        encode,
    )


def open_space(path: Path) -> Space:
    """Open the checkpoint or atlas at `path`.

    Both are zip files; the members show which of the two it is. FileError, ModelError or AtlasError
    names a file that can't be used.
    """
    with naming(path):  # a name of 300 characters is an OSError
        is_file = path.is_file()
    if not is_file:
        raise FileError(f"{path}: no such file")
    try:
        with ZipFile(path) as archive:
            is_atlas = "atlas.json" in archive.namelist()
    except (BadZipFile, OSError, NotImplementedError, UnicodeDecodeError):
        is_atlas = path.suffix == ".atlas"
    name = printable(path.name)
    if not is_atlas:
        return of_checkpoint(checkpoints.load(path), name)
    atlas = open_atlas(path)
    config = atlas.training.get("config")
    return Space(
        name,
        atlas.latent.centre,
        atlas.latent.reach,
        atlas.thresholds,
        atlas.known,
        config if isinstance(config, dict) else {},
        atlas.decode,
        atlas.encode,
        atlas.genres,
        atlas.groove,
        atlas,
    )
