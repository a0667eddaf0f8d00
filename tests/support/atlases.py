"""Atlases other than the built-in one, made of its networks: for tests of what changes with it."""

import json
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
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


def with_decoder(decoder: bytes) -> bytes:
    """The built-in atlas with another decoder, as a file's bytes; it need not be a good one."""
    buffer = BytesIO()
    with (
        ZipFile(str(files("drumatlas").joinpath("builtin.atlas"))) as archive,
        ZipFile(buffer, "w") as made,
    ):
        info = json.loads(archive.read("atlas.json"))
        info["sha256"]["decoder.onnx"] = sha256(decoder).hexdigest()
        changed = {"decoder.onnx": decoder, "atlas.json": json.dumps(info).encode()}
        for name in archive.namelist():
            made.writestr(name, changed.get(name) or archive.read(name))
    return buffer.getvalue()
