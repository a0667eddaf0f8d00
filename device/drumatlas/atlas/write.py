"""Writes an atlas: the same contents give the same bytes."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import (
    FORMAT,
    VERSION,
    VERSIONS,
    Family,
    Genre,
    Groove,
    Labels,
    LatentSpace,
    MapPoints,
)
from drumatlas.atlas.read import GROOVE, GROOVE_SHAPES, LABELS, MEMBERS, parse_atlas
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.files import atomic

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time in a zip; real times would change the bytes


def _zip(members: dict[str, bytes], compression: int) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            entry = ZipInfo(name, _EPOCH)
            entry.compress_type = compression
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _npz(arrays: dict[str, NDArray[Any]]) -> bytes:
    members = {}
    for name, array in arrays.items():
        buffer = BytesIO()
        np.save(buffer, array, allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()
    return _zip(members, ZIP_STORED)  # deflated once, by the atlas' own zip


def _floats(array: NDArray[Any]) -> Any:
    return np.asarray(array, np.float64).round(6).tolist()


def groove_bytes(groove: Groove) -> bytes:
    """Return a groove as the bytes of the atlas' member."""
    return _npz({key: np.asarray(getattr(groove, key), np.float32) for key in GROOVE_SHAPES})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AtlasParts:
    """What an atlas is written from.

    `thresholds` [14] are in 0..1, `known` [n] holds hashes of the training beats' rotation classes
    (`beat.codes.rotation_hash`), `decoder` and `encoder` are ONNX models. `training` and `scores`
    are tables that JSON can hold.
    """

    name: str
    latent: LatentSpace
    thresholds: NDArray[Any]
    genres: tuple[Genre, ...]
    points: MapPoints
    known: NDArray[np.uint64]
    decoder: bytes
    encoder: bytes
    training: dict[str, Any]
    scores: dict[str, Any]
    groove: Groove | None = None
    families: tuple[Family, ...] = ()
    labels: Labels | None = None


def write_atlas(path: Path, parts: AtlasParts) -> None:
    """Write an atlas to `path`, after reading it back as a box would; AtlasError if that fails."""
    members = _members(parts)
    info = _describe(parts)
    info |= {"training": parts.training, "scores": parts.scores}
    info["sha256"] = {member: sha256(data).hexdigest() for member, data in members.items()}
    text = json.dumps(info, indent=1, ensure_ascii=False).encode()
    data = _zip({"atlas.json": text, **members}, ZIP_DEFLATED)
    parse_atlas(data, str(path))
    with atomic(path) as stream:
        stream.write(data)


def _members(parts: AtlasParts) -> dict[str, bytes]:
    """Return the members beside atlas.json, by name."""
    points = parts.points
    arrays: dict[str, NDArray[Any]] = {
        "z": points.z,
        "xy": points.xy,
        "origin": points.origin,
        "genre": points.genre,
    }
    known = _npz({"hashes": np.unique(parts.known)})
    contents = (parts.decoder, parts.encoder, _npz(arrays), known)
    members = dict(zip(MEMBERS, contents, strict=True))
    if parts.groove:
        members[GROOVE] = groove_bytes(parts.groove)
    if parts.labels:
        members[LABELS] = _npz(
            {
                "z": np.asarray(parts.labels.z, np.float32),
                "genre": np.asarray(parts.labels.genre, np.int16),
                "weight": np.asarray(parts.labels.weight, np.float32),
                "land": np.asarray(parts.labels.land, np.uint8),
            }
        )
    return members


def _describe(parts: AtlasParts) -> dict[str, Any]:
    """Return atlas.json, but for training, scores and checksums."""
    latent = parts.latent
    return {
        "format": FORMAT,
        "version": VERSIONS[-1] if parts.labels else VERSION,
        "name": parts.name,
        "voices": [
            {"bit": v.bit, "name": v.name, "note": v.note, "group": v.group} for v in VOICE_TABLE
        ],
        "latent": {
            "dims": len(latent.centre),
            "centre": _floats(latent.centre),
            "reach": _floats(latent.reach),
            "basis": _floats(latent.basis),
            "axes": list(latent.axes),
            **(
                {"axis_correlations": _floats(np.array(latent.correlations))}
                if latent.correlations
                else {}
            ),
        },
        "thresholds": _floats(parts.thresholds),
        "genres": [
            {
                "name": genre.name,
                "centroid": _floats(genre.centroid),
                "spread": _floats(genre.spread),
                "map_centroid": _floats(genre.map_centroid),
                "count": genre.count,
                **({"climate": asdict(genre.climate)} if genre.climate else {}),
            }
            for genre in parts.genres
        ],
        **(_families(parts.families, parts.labels) if parts.labels else {}),
    }


def _families(families: tuple[Family, ...], labels: Labels) -> dict[str, Any]:
    """Return the keys of atlas.json that an atlas with labels adds."""
    return {
        "families": [
            {"name": one.name, "colour": one.colour, "genres": list(one.genres)} for one in families
        ],
        "votes": {"blur": labels.blur, "power": labels.power},
    }
