"""Atlases other than the built-in one, made of its networks: for tests of what changes with it."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

from drumatlas.atlas.model import Atlas, Groove
from drumatlas.atlas.write import write_atlas


def write_other(path: Path, atlas: Atlas, groove: Groove | None = None) -> Path:
    """One named 'other' that lies elsewhere in the same space, so that other beats play, and whose
    map is upside down."""
    with ZipFile(str(files("drumatlas").joinpath("builtin.atlas"))) as archive:
        networks = {name: archive.read(f"{name}.onnx") for name in ("decoder", "encoder")}
    write_atlas(
        path,
        name="other",
        latent=replace(atlas.latent, centre=atlas.latent.centre + 2 * atlas.latent.reach),
        thresholds=atlas.thresholds,
        genres=atlas.genres,
        points=replace(atlas.points, xy=-atlas.points.xy),
        known=atlas.known,
        training={},
        scores={},
        groove=groove,
        **networks,
    )
    return path
