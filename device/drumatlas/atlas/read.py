"""Reads an atlas: every size, hash, shape and number is checked before it is used.

A zip of `atlas.json`, `decoder.onnx`, `encoder.onnx`, `map.npz` and `known.npz`, and perhaps
`groove.npz` and `labels.npz`; the format is in export/README.md, "The atlas file".
"""

import json
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.describe import (
    read_families,
    read_genres,
    read_latent,
    read_name,
    read_thresholds,
    read_voices,
    read_votes,
)
from drumatlas.atlas.limits import MOST_KNOWN, MOST_LABELS, MOST_POINTS, MOST_SIDE
from drumatlas.atlas.model import FORMAT, LATENT, VERSIONS, Atlas, Groove, Labels, MapPoints
from drumatlas.atlas.network import open_network
from drumatlas.beat.codes import STEPS, STEPS_PER_BAR
from drumatlas.beat.voices import VOICES
from drumatlas.errors import AtlasError
from drumatlas.files import read_bytes

MAX_FILE = 64 << 20  # bytes; the built-in atlas has 3.9 MB
MAX_JSON = 2 << 20  # bytes of atlas.json, which needs 20 times as much once read; usual: 11 KB
MEMBERS = ("decoder.onnx", "encoder.onnx", "map.npz", "known.npz")
GROOVE = "groove.npz"
LABELS = "labels.npz"
OPTIONAL = (GROOVE, LABELS)
GROOVE_SHAPES = {
    "loud": (STEPS_PER_BAR, VOICES),
    "near": (10, VOICES),
    "late_ms": (STEPS_PER_BAR, VOICES),
    "spread_ms": (VOICES,),
}
_MOST_GROOVE = 512  # largest number in it: velocities end at 127, and no player is so late
_MOST_PLACE = 1e6  # latent coordinates of real models are below 100
_JSON = "atlas.json"


def read_builtin() -> Atlas:
    """Return the atlas that ships inside the package."""
    return parse_atlas(_builtin_bytes(), "builtin.atlas")


def is_builtin(data: bytes) -> bool:
    """Return whether `data` is the atlas that ships inside the package."""
    return data == _builtin_bytes()


def builtin_decoder() -> bytes:
    """Return the decoder.onnx of the built-in atlas."""
    return _unzip(_builtin_bytes(), ("decoder.onnx",))["decoder.onnx"]


def _builtin_bytes() -> bytes:
    return files("drumatlas").joinpath("builtin.atlas").read_bytes()


def read_atlas(path: Path | None) -> Atlas:
    """Return the atlas at `path`, or the built-in one for None; AtlasError or FileError names the
    file."""
    if path is None:
        return read_builtin()
    return parse_atlas(read_bytes(path, MAX_FILE), str(path))


def parse_atlas(data: bytes, name: str) -> Atlas:
    """Return the atlas in `data`; AtlasError says what is wrong with `name`."""
    try:
        return _parse(data)
    except AtlasError as error:
        raise error.within(name) from None


def _parse(data: bytes) -> Atlas:
    members = _unzip(data, (_JSON, *MEMBERS))
    info = _json(members[_JSON])
    if info.get("format") != FORMAT or info.get("version") not in VERSIONS:
        raise AtlasError(
            f"format {info.get('format')!r}, version {info.get('version')!r}; "
            f"this program reads '{FORMAT}', versions {' and '.join(map(str, VERSIONS))}"
        )
    hashes = info.get("sha256")
    more = [one for one in OPTIONAL if isinstance(hashes, dict) and one in hashes]
    members |= _unzip(data, tuple(more))
    for member in (*MEMBERS, *more):
        found = sha256(members[member]).hexdigest()
        if not isinstance(hashes, dict) or hashes.get(member) != found:
            raise AtlasError(f"{member} is damaged (its SHA-256 is not the one in {_JSON})")
    read_voices(info)
    genres = read_genres(info)
    grid = (STEPS, VOICES)
    return Atlas(
        name=read_name(info.get("name", "unnamed"), 80),
        latent=read_latent(info),
        thresholds=read_thresholds(info),
        genres=genres,
        points=_map(members["map.npz"], len(genres)),
        known=_known(members["known.npz"]),
        decode=open_network(members["decoder.onnx"], "decoder.onnx", ("z", (LATENT,)), ("p", grid)),
        encode=open_network(
            members["encoder.onnx"], "encoder.onnx", ("x", grid), ("z", (LATENT,)), is_rare=True
        ),
        training=_table(info, "training"),
        scores=_table(info, "scores"),
        sha256=sha256(data).hexdigest(),
        groove=parse_groove(members[GROOVE]) if GROOVE in more else None,
        families=read_families(info, len(genres)) if LABELS in more else (),
        labels=_labels(members[LABELS], info, len(genres)) if LABELS in more else None,
    )


def _unzip(data: bytes, wanted: tuple[str, ...]) -> dict[str, bytes]:
    """Return the wanted members; AtlasError if all members together exceed MAX_FILE (zip bombs
    claim or hold more)."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = [entry.filename for entry in archive.infolist()]
            if len(names) > 64 or len(set(names)) != len(names):
                raise AtlasError("has too many members, or a member twice")
            if sum(entry.file_size for entry in archive.infolist()) > MAX_FILE:
                raise AtlasError(f"unpacks to over {MAX_FILE >> 20} MiB")
            missing = [name for name in wanted if name not in names]
            if missing:
                raise AtlasError(f"not an atlas: {', '.join(missing)} is missing")
            return {name: _member(archive, archive.getinfo(name)) for name in wanted}
    except AtlasError:
        raise
    except (BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise AtlasError(f"not a zip file ({error})") from None
    except Exception as error:  # zlib.error, and anything that forged headers cause in zipfile
        raise AtlasError(f"damaged ({error})") from None


def _member(archive: ZipFile, entry: ZipInfo) -> bytes:
    """Return a member, never more of it than its entry declares: `ZipFile.read` unpacks up to 2 GiB
    before it checks that, and of bzip2 and LZMA without end."""
    if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise AtlasError(f"{entry.filename} is compressed by a method other than deflate")
    with archive.open(entry) as stream:
        return stream.read(entry.file_size + 1)


def _json(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_JSON:
        raise AtlasError(f"{_JSON}: {len(data)} bytes; at most {MAX_JSON} can be read")
    try:
        info = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AtlasError(f"{_JSON}: {str(error)[:120]}") from None
    if not isinstance(info, dict):
        raise AtlasError(f"{_JSON}: not a JSON object")
    return info


def _table(info: dict[str, Any], key: str) -> dict[str, Any]:
    value = info.get(key, {})
    if not isinstance(value, dict):
        raise AtlasError(f"{_JSON}: '{key}' is not a JSON object")
    return value


def _arrays(data: bytes, member: str, wanted: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Return the wanted arrays of an npz, never unpickled. (np.load returns bytes for members that
    are not arrays.)"""
    members = _unzip(data, tuple(f"{name}.npy" for name in wanted))
    try:
        return {
            name: np.lib.format.read_array(BytesIO(members[f"{name}.npy"]), allow_pickle=False)
            for name in wanted
        }
    except Exception as error:  # numpy raises half a dozen classes on forged headers
        raise AtlasError(f"{member}: {str(error)[:120]}") from None


def _map(data: bytes, genres: int) -> MapPoints:
    a = _arrays(data, "map.npz", ("z", "xy", "origin", "genre"))
    n = len(a["origin"]) if a["origin"].ndim == 1 else -1
    if n > MOST_POINTS:
        raise AtlasError(f"map.npz: {n} points; a map has at most {MOST_POINTS}")
    shapes = {"z": (n, LATENT), "xy": (n, 2), "origin": (n,), "genre": (n,)}
    for key, shape in shapes.items():
        kind = "f" if key in {"z", "xy"} else "iu"
        if n < 0 or a[key].shape != shape or a[key].dtype.kind not in kind:
            raise AtlasError(f"map.npz: '{key}' is {a[key].dtype}{list(a[key].shape)}")
    points = MapPoints(
        a["z"].astype(np.float32),
        a["xy"].astype(np.float32),
        a["origin"].astype(np.uint8),
        a["genre"].astype(np.int16),
    )
    if not (np.isfinite(points.z).all() and np.isfinite(points.xy).all()):
        raise AtlasError("map.npz: has values that are not finite")
    if n and (points.genre.min() < -1 or points.genre.max() >= genres):
        raise AtlasError("map.npz: 'genre' has an index beyond the list of genres")
    return points


def _labels(data: bytes, info: dict[str, Any], genres: int) -> Labels:
    a = _arrays(data, LABELS, ("z", "genre", "weight", "land"))
    n, side = len(a["genre"].ravel()), len(np.atleast_1d(a["land"]))
    if not 1 <= n <= MOST_LABELS or not 1 <= side <= MOST_SIDE:
        raise AtlasError(
            f"{LABELS}: {n} labels on a map of {side} cells a side; an atlas has 1 to "
            f"{MOST_LABELS} labels and at most {MOST_SIDE} cells a side"
        )
    shapes = {"z": (n, LATENT), "genre": (n,), "weight": (n,), "land": (side, side)}
    for key, shape in shapes.items():
        kind = "f" if key in {"z", "weight"} else "iu"
        if a[key].shape != shape or a[key].dtype.kind not in kind:
            raise AtlasError(f"{LABELS}: '{key}' is {a[key].dtype}{list(a[key].shape)}")
    if not (np.abs(a["z"]) < _MOST_PLACE).all():  # also false for NaN
        raise AtlasError(f"{LABELS}: 'z' holds a number out of range")
    if not ((a["weight"] >= 1 / _MOST_PLACE) & (a["weight"] <= _MOST_PLACE)).all():
        raise AtlasError(f"{LABELS}: 'weight' must lie in {1 / _MOST_PLACE:g}..{_MOST_PLACE:g}")
    for key in ("genre", "land"):
        if a[key].min() < 0 or a[key].max() >= genres:
            raise AtlasError(f"{LABELS}: '{key}' has an index beyond the list of genres")
    blur, power = read_votes(info)
    return Labels(
        z=a["z"].astype(np.float32),
        genre=a["genre"].astype(np.int16),
        weight=a["weight"].astype(np.float32),
        blur=blur,
        power=power,
        land=a["land"].astype(np.uint8),
    )


def parse_groove(data: bytes) -> Groove:
    """Return the groove in the bytes of a groove.npz; AtlasError says what is wrong with it."""
    a = _arrays(data, GROOVE, tuple(GROOVE_SHAPES))
    for key, shape in GROOVE_SHAPES.items():
        if a[key].shape != shape or a[key].dtype.kind != "f":
            raise AtlasError(f"{GROOVE}: '{key}' is {a[key].dtype}{list(a[key].shape)}")
        if not (np.abs(a[key]) <= _MOST_GROOVE).all():  # also false for NaN
            raise AtlasError(f"{GROOVE}: '{key}' holds a number out of range")
    return Groove(**{key: a[key].astype(np.float32) for key in GROOVE_SHAPES})


def _known(data: bytes) -> NDArray[np.uint64]:
    hashes = _arrays(data, "known.npz", ("hashes",))["hashes"]
    if hashes.ndim != 1 or hashes.dtype != np.uint64:
        raise AtlasError(
            f"known.npz: 'hashes' is {hashes.dtype}{list(hashes.shape)}, not uint64[n]"
        )
    if len(hashes) > MOST_KNOWN:
        raise AtlasError(f"known.npz: {len(hashes)} hashes; at most {MOST_KNOWN} can be used")
    return hashes
