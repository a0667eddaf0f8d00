"""`drumatlas-export export`: turn a checkpoint into an atlas."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from drumatlas.atlas.model import Climate, Genre, Groove
from drumatlas.atlas.write import AtlasParts, write_atlas
from drumatlas.beat.codes import grids, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.atlas.axes import named_latent
from drumatlas_export.atlas.basis import knob_basis
from drumatlas_export.atlas.chart import chart
from drumatlas_export.atlas.climate import climates
from drumatlas_export.atlas.networks import to_onnx
from drumatlas_export.mine.sources import printable
from drumatlas_export.space import of_checkpoint
from drumatlas_export.train.checkpoint import Checkpoint


def with_beats(one: Checkpoint, rows: list[BeatRow]) -> Checkpoint:
    """Return `one` with `rows` in place of its own beats, for map, genres and known hashes."""
    x = grids([row.code for row in rows]).astype(np.float32)
    return replace(
        one,
        z=of_checkpoint(one, "").encode(x),
        labels=[list(row.labels) for row in rows],
        hashes=np.array([rotation_hash(row.code) for row in rows], np.uint64),
    )


def export(  # noqa: PLR0913 - all that an atlas stores
    one: Checkpoint,
    path: Path,
    scores: dict[str, Any],
    provenance: dict[str, Any],
    groove: Groove | None = None,
    *,
    mined: Mapping[str, Climate] | None = None,
) -> None:
    """Write the atlas of `one` to `path`.

    `provenance` (sources, licences, commands) is stored unchanged, beside the counts and settings
    of the training run. `mined` holds the climates of genres that were measured in files (see
    `atlas.climate.mined_climates`). BeatError if the beats are too few or too alike; ModelError if
    the ONNX networks differ from PyTorch's; FileError if `path` can't be written.
    """
    seed, name = one.config.seed, printable(path.stem)
    space = of_checkpoint(one, name)
    basis, _ = knob_basis(space, one.z, seed)
    charted = chart(space, one.z, one.labels, seed)
    usual = climates([genre.name for genre in charted.genres], mined or {})
    decoder, encoder = to_onnx(one.model, seed, one.centre, one.reach)
    config = asdict(one.config)
    config["hidden"] = list(config["hidden"])
    parts = AtlasParts(
        name=name,
        latent=named_latent(space, basis, seed),
        thresholds=one.thresholds,
        genres=tuple(map(_with_climate, charted.genres, usual)),
        points=charted.points,
        known=one.hashes,
        decoder=decoder,
        encoder=encoder,
        training={**provenance, **one.run, "seed": seed, "config": config},
        scores=scores,
        groove=groove,
        families=charted.families,
        labels=charted.labels,
    )
    write_atlas(path, parts)


def _with_climate(genre: Genre, climate: Climate | None) -> Genre:
    return replace(genre, climate=climate)
