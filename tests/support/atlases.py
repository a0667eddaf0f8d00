"""Atlases other than the built-in one: small ones, and such as share its networks."""

import json
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Groove
from drumatlas.atlas.write import AtlasParts, write_atlas
from support import tiny_onnx


def npz(**arrays: NDArray[Any]) -> bytes:
    """Return arrays as the bytes of an .npz file."""
    buffer = BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def small_members() -> dict[str, bytes]:
    """Return the members of an atlas of 30 KB, with networks of one layer: for tests of the format,
    most of whose time would pass in hashing and loading the built-in atlas' 4 MB."""
    with ZipFile(str(files("drumatlas").joinpath("builtin.atlas"))) as archive:
        info = json.loads(archive.read("atlas.json"))
    luck = np.random.default_rng(3)
    points = {
        "z": luck.normal(0, 1, (40, 4)).astype(np.float32),
        "xy": luck.uniform(-1, 1, (40, 2)).astype(np.float32),
        "origin": np.repeat(np.array([0, 1], np.uint8), 20),
        "genre": (np.arange(40) % 2).astype(np.int16),
    }
    members = {
        "decoder.onnx": tiny_onnx.decoder(),
        "encoder.onnx": tiny_onnx.encoder(),
        "map.npz": npz(**points),
        "known.npz": npz(hashes=np.arange(100, dtype=np.uint64)),
    }
    info |= {"name": "small", "genres": info["genres"][:2], "training": {"seed": 1}, "scores": {}}
    info["sha256"] = {name: sha256(data).hexdigest() for name, data in members.items()}
    return {"atlas.json": json.dumps(info).encode(), **members}


def write_other(path: Path, atlas: Atlas, groove: Groove | None = None) -> Path:
    """Write an atlas named 'other' with the networks of the built-in one. Its centre lies elsewhere
    in the space, so that other beats play, and its map is upside down."""
    with ZipFile(str(files("drumatlas").joinpath("builtin.atlas"))) as archive:
        networks = {name: archive.read(f"{name}.onnx") for name in ("decoder", "encoder")}
    parts = AtlasParts(
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
    write_atlas(path, parts)
    return path


def with_decoder(decoder: bytes) -> bytes:
    """Return the bytes of the built-in atlas with another decoder, good or not."""
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
