"""The border where an atlas comes in: the built-in one broken, forged, cut short or blown up."""

import json
import struct
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import GROOVE, GROOVE_SHAPES, LABELS, parse_atlas
from drumatlas.atlas.trial import parse_foreign
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press, Turn
from drumatlas.play.settings import PlaySettings
from fuzz.borders import Border
from fuzz.inputs import changed_bytes, changed_json
from support import onnx_graphs

_BUILTIN = files("drumatlas").joinpath("builtin.atlas").read_bytes()
with ZipFile(BytesIO(_BUILTIN)) as _archive:
    _MEMBERS = {name: _archive.read(name) for name in _archive.namelist()}


def _groove() -> bytes:
    """One for an atlas that ships without."""
    buffer = BytesIO()
    np.savez(buffer, **{key: np.full(shape, 40, "f4") for key, shape in GROOVE_SHAPES.items()})
    return buffer.getvalue()


def _labels(genres: int) -> bytes:
    """Some for an atlas that ships without."""
    buffer = BytesIO()
    luck = np.random.default_rng(2)
    np.savez(
        buffer,
        z=luck.normal(0, 1, (60, 4)).astype("f4"),
        genre=(np.arange(60) % genres).astype("i2"),
        weight=np.ones(60, "f4"),
        land=luck.integers(0, genres, (16, 16)).astype("u1"),
    )
    return buffer.getvalue()


_NETWORKS = ("decoder.onnx", "encoder.onnx")
_TABLES = ("map.npz", "known.npz", GROOVE, LABELS)
_INFO = json.loads(_MEMBERS["atlas.json"])
_MEMBERS.setdefault(GROOVE, _groove())
if LABELS not in _MEMBERS:
    _GENRES = len(_INFO["genres"])
    _MEMBERS[LABELS] = _labels(_GENRES)
    _INFO["families"] = [
        {"name": f"family {i}", "colour": i, "genres": list(range(i, _GENRES, 2))} for i in range(2)
    ]
    _INFO["votes"] = {"blur": 0.4, "power": 3}
_INFO["latent"].setdefault("axis_correlations", [0.9, 0.7, -0.5, 0.0])
for _one in (GROOVE, LABELS):
    _INFO["sha256"][_one] = sha256(_MEMBERS[_one]).hexdigest()
_MEMBERS["atlas.json"] = json.dumps(_INFO).encode()


class Blob(bytes):
    """Bytes that are too many to be printed."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, {sha256(self).hexdigest()[:12]}>"


def _zip(members: dict[str, bytes], methods: dict[str, int] | None = None) -> bytes:
    """Deflated, but for those that have another of `methods`."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(ZipInfo(name), data, (methods or {}).get(name, ZIP_DEFLATED))
    return buffer.getvalue()


def _forged(info: Any = _INFO, **new: bytes) -> bytes:
    """With its hashes made right, so that the change gets past them."""
    members = _MEMBERS | {name.replace("__", "."): data for name, data in new.items()}
    if isinstance(info, dict) and isinstance(info.get("sha256"), dict):
        hashes = {name: sha256(members[name]).hexdigest() for name in (*_NETWORKS, *_TABLES)}
        info = {**info, "sha256": hashes}
    return _zip(members | {"atlas.json": json.dumps(info).encode()})


_KINDS = ("f4", "f8", "f2", "u1", "i2", "i8", "u8", "?", "c8", "U3", "M8[s]", "O")
_SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 4, 10, 2**40]), max_size=3).map(tuple)


@st.composite
def _array(draw: Callable[[Any], Any]) -> bytes:
    """A .npy whose header may promise more than there is."""
    buffer = BytesIO()
    header = {
        "descr": np.dtype(draw(st.sampled_from(_KINDS))).str,
        "fortran_order": draw(st.booleans()),
        "shape": draw(_SHAPES),
    }
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue() + draw(st.binary(max_size=64))


@st.composite
def _table(draw: Callable[[Any], Any], member: str) -> bytes:
    """An npz in which one array is another, or is broken."""
    with ZipFile(BytesIO(_MEMBERS[member])) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(arrays)))
    arrays[name] = draw(st.one_of(_array(), changed_bytes(arrays[name])))
    return _zip(arrays)


@st.composite
def _bombs(draw: Callable[[Any], Any]) -> bytes:
    """Members that unpack to far more than the file has."""
    zeros = _bomb()
    member = draw(st.sampled_from([*_MEMBERS, "more"]))
    data = zeros if draw(st.booleans()) else _zip({"z.npy": zeros, "hashes.npy": zeros})
    bomb = _zip(_MEMBERS | {member: data})
    # What the directory claims may be a lie, too.
    return draw(st.one_of(st.just(bomb), changed_bytes(bomb)))


_METHODS = (ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA)
# Where a member's entry in the directory says how it is compressed, and how large it is.
_METHOD_AT, _SIZES_AT, _NAME_AT = 10, 20, 46


@st.composite
def _compressions(draw: Callable[[Any], Any]) -> bytes:
    """Members in any compression, and entries that claim another or other sizes."""
    methods = st.sampled_from(_METHODS)
    chosen = draw(st.dictionaries(st.sampled_from(sorted(_MEMBERS)), methods, max_size=3))
    data = bytearray(_zip(_MEMBERS, chosen))
    for name in draw(st.lists(st.sampled_from(sorted(_MEMBERS)), max_size=2)):
        entry = data.rindex(name.encode()) - _NAME_AT
        if draw(st.booleans()):
            struct.pack_into("<H", data, entry + _METHOD_AT, draw(methods | st.integers(0, 99)))
        else:
            sizes = st.sampled_from([0, 1, 100, 1 << 20, 60 << 20, 2**31, 2**32 - 1])
            struct.pack_into("<II", data, entry + _SIZES_AT, draw(sizes), draw(sizes))
    return bytes(data)


_ZEROS: list[bytes] = []


def _bomb() -> bytes:
    if not _ZEROS:
        _ZEROS.append(bytes(80 << 20))
    return _ZEROS[0]


MUTANTS = st.one_of(
    changed_bytes(_BUILTIN),
    changed_json(_INFO).map(_forged),
    changed_bytes(_MEMBERS["atlas.json"]).map(lambda data: _zip(_MEMBERS | {"atlas.json": data})),
    *(changed_bytes(_MEMBERS[one]).map(lambda d, n=one: _forged(**{n: d})) for one in _NETWORKS),
    *(changed_bytes(_MEMBERS[one]).map(lambda d, n=one: _forged(**{n: d})) for one in _TABLES),
    *(_table(one).map(lambda d, n=one: _forged(**{n: d})) for one in _TABLES),
    _compressions(),
).map(Blob)


def take_atlas(data: bytes) -> None:
    _play(parse_atlas(data, "a.atlas"))


def _play(atlas: Atlas) -> None:
    """What could be read can be travelled."""
    for genre in atlas.genres:
        assert genre.name.isprintable()
        assert not set("\t;") & set(genre.name)
    assert atlas.name.isprintable()
    engine = Engine(atlas, PlaySettings(), [], 0)
    for now, change in enumerate(
        (Turn("x1", 0.9), Turn("map_x", 0.1), Press("next_genre"), Turn("chaos", 0.7))
    ):
        engine.handle(change, now * 10_000_000)
        engine.tick(now * 10_000_000)
    engine.land(engine.explorer.pattern.code)
    assert not engine.faults, engine.faults


@st.composite
def _graph(draw: Callable[[Any], Any]) -> bytes:
    """A hostile network of some size, or one put together from nodes of all kinds."""
    made = draw(
        st.one_of(
            st.builds(onnx_graphs.loops, st.integers(0, 1 << 40)),
            st.builds(onnx_graphs.expands, st.integers(1, 1 << 34)),
            st.builds(onnx_graphs.broadcasts, st.integers(1, 60_000)),
            st.builds(onnx_graphs.is_slow, st.integers(1, 1400), st.integers(1, 300)),
            st.builds(onnx_graphs.long_chain, st.integers(1, 2000)),
            st.sampled_from(
                [onnx_graphs.loops_far_out, onnx_graphs.branches, onnx_graphs.plain]
            ).map(lambda make: make()),
            st.lists(st.sampled_from(_OPERATORS), min_size=1, max_size=8).map(_chain),
        )
    )
    return _forged(**{draw(st.sampled_from(_NETWORKS)): made})


_OPERATORS = (
    *("Relu", "Tanh", "Exp", "Neg", "Softmax", "Transpose", "Concat", "Expand", "Tile", "Range"),
    *("ConstantOfShape", "RandomNormal", "NonZero", "Loop", "Scan", "If", "Einsum", "Resize"),
)


def _chain(operators: list[str]) -> bytes:
    """One after the other, most of them with inputs that they can't use."""
    nodes = [onnx_graphs.node("MatMul", ["z", "weight"], ["x0"])]
    for i, operator in enumerate(operators):
        nodes.append(onnx_graphs.node(operator, [f"x{i}"], [f"x{i + 1}"]))
    nodes.append(onnx_graphs.node("Reshape", [f"x{len(operators)}", "shape"], ["p"]))
    return onnx_graphs.model(nodes, {"weight": onnx_graphs.WEIGHT, "shape": onnx_graphs.SHAPE})


def take_foreign(data: bytes) -> None:
    """As `play --atlas` and `update-atlas` do: tried out first."""
    _play(parse_foreign(data, "a.atlas"))


ATLASES: list[Border] = [Border("atlas", MUTANTS, take_atlas)]
GRAPHS: list[Border] = [Border("atlas-graph", _graph().map(Blob), take_foreign)]
BOMBS: list[Border] = [Border("atlas-bomb", _bombs().map(Blob), take_atlas)]
