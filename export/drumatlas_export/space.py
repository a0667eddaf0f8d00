"""A space to sample and to score: a checkpoint or an atlas, seen alike."""

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
from drumatlas.beat.codes import pack
from drumatlas.errors import FileError
from drumatlas.files import naming
from drumatlas_export.mine.sources import printable
from drumatlas_export.train import checkpoint as checkpoints
from drumatlas_export.train.fit import decode_all, sample_prior

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Space:
    """Prior, networks and thresholds; `config` is the training config as a table."""

    name: str
    centre: NDArray[np.float32]
    reach: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    known: NDArray[np.uint64]
    config: dict[str, Any]
    decode: Network
    encode: Network
    genres: tuple[Genre, ...] = ()  # areas; a checkpoint has none yet
    groove: Groove | None = None
    atlas: Atlas | None = None  # what it was read from; a checkpoint has no map

    def sample(self, n: int, seed: int) -> NDArray[np.float32]:
        """n points of the prior [n, 4]."""
        return sample_prior(self.centre, self.reach, n, seed)

    def hits(
        self, z: NDArray[np.float32], thresholds: NDArray[np.float32] | float | None = None
    ) -> NDArray[np.bool_]:
        """One decode a point: z [n, 4] -> [n, 32, 14]; own thresholds unless others are given."""
        limit = self.thresholds if thresholds is None else thresholds
        # Batch by batch: hits take a quarter of what probabilities do.
        return np.concatenate([p > limit for p in self._decoded(z)])

    def codes(self, z: NDArray[np.float32]) -> NDArray[np.uint16]:
        """The same as codes, which take a 14th of the memory: z [n, 4] -> [n, 32]."""
        return np.concatenate([pack(p > self.thresholds) for p in self._decoded(z)])

    def probabilities(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """One decode a point: z [n, 4] -> p [n, 32, 14]."""
        return np.concatenate(list(self._decoded(z)))

    def _decoded(self, z: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        return (self.decode(z[i : i + _BATCH]) for i in range(0, max(len(z), 1), _BATCH))


def of_checkpoint(one: checkpoints.Checkpoint, name: str) -> Space:
    """`one` as a space."""

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
    """The checkpoint or atlas at `path` (told apart by what is inside, both are zips)."""
    with naming(path):  # a name of 300 letters is an OSError
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
