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

from drumatlas.atlas.model import GENERATED, Atlas, Family, Groove, Labels, MapPoints
from drumatlas.atlas.write import AtlasParts, write_atlas
from drumatlas.explore.genre import family_of, genre_at, land_family
from drumatlas.explore.latent import map_places, places_to_latent
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


def with_passing_centre(atlas: Atlas) -> Atlas:
    """Return the atlas with another centre, where a box begins with the beat of that very place."""
    passing = atlas.points.z[atlas.points.origin == GENERATED][0]
    return replace(atlas, latent=replace(atlas.latent, centre=passing))


def with_labels(atlas: Atlas, side: int = 48) -> Atlas:
    """Return the atlas with labels in three families, as an export would make them: its points have
    the genre that the labels give them, and stand in the land of their family."""
    luck = np.random.default_rng(6)
    names = range(len(atlas.genres))
    families = tuple(
        Family(f"family {i}", 9 - i, tuple(n for n in names if n % 3 == i))
        for i in range(min(3, len(names)))
    )
    rows = np.arange(len(atlas.points.z))[::7]
    genre = (np.arange(len(rows)) % len(names)).astype(np.int16)
    # Each genre's votes come from around a place of its own.
    homes = atlas.latent.centre + atlas.latent.reach * luck.normal(0, 1.3, (len(names), 4))
    z = homes[genre] + atlas.latent.reach * luck.normal(0, 0.4, (len(rows), 4))
    weight = luck.uniform(0.5, 2, len(rows)).astype(np.float32)
    land = np.zeros((1, 1), np.uint8)
    labels = Labels(z.astype(np.float32), genre, weight, 0.5, 3, land)
    genres = tuple(
        replace(one, centroid=home.astype(np.float32), climate=None)
        for one, home in zip(atlas.genres, homes, strict=True)
    )
    atlas = replace(atlas, genres=genres, families=families, labels=labels)
    for _ in range(6):
        atlas = _with_land(atlas, side)
        family = family_of(atlas)[atlas.points.genre]
        places = map_places(atlas).tolist()
        stands = np.array([land_family(atlas, x, y) for x, y in places]) == family
        if stands.all():
            break
        points = atlas.points
        kept = (points.z[stands], points.xy[stands], points.origin[stands], points.genre[stands])
        atlas = replace(atlas, points=MapPoints(*kept))
    return _with_land(atlas, side)


def _with_land(atlas: Atlas, side: int) -> Atlas:
    """Return the atlas with the land and the points' genres that its labels give."""
    assert atlas.labels is not None
    at = (np.arange(side) + 0.5) / side
    middles = np.stack([np.tile(at, side), np.repeat(at, side)], axis=1).astype(np.float32)
    z = np.concatenate([places_to_latent(atlas, part) for part in np.array_split(middles, 16)])
    land = genre_at(atlas, z)[1].astype(np.uint8).reshape(side, side)
    genre = genre_at(atlas, atlas.points.z)[1].astype(np.int16)
    return replace(
        atlas,
        labels=replace(atlas.labels, land=land),
        points=replace(atlas.points, genre=genre),
    )


def write_labelled(path: Path, atlas: Atlas) -> Path:
    """Write `atlas`, which has labels and the networks of the built-in one."""
    parts = AtlasParts(
        name="labelled",
        latent=atlas.latent,
        thresholds=atlas.thresholds,
        genres=atlas.genres,
        points=atlas.points,
        known=atlas.known,
        training={},
        scores={},
        families=atlas.families,
        labels=atlas.labels,
        **_networks(),
    )
    write_atlas(path, parts)
    return path


def _networks() -> dict[str, bytes]:
    with ZipFile(str(files("drumatlas").joinpath("builtin.atlas"))) as archive:
        return {name: archive.read(f"{name}.onnx") for name in ("decoder", "encoder")}


def write_other(path: Path, atlas: Atlas, groove: Groove | None = None) -> Path:
    """Write an atlas named 'other' with the networks of the built-in one. Its centre lies elsewhere
    in the space, so that other beats play, and its map is upside down."""
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
        **_networks(),
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
