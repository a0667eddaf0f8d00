"""Make the page of an atlas: one HTML file with styles, modules, map and decoder inside.

At each place the page plays the beat that the box plays there. To ensure this, the places to
search, the places of genres and the parts of the map that pass the filter are computed here, by the
box's own code, and written into the page.
"""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Groove, Labels
from drumatlas.atlas.read import parse_atlas
from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas.errors import AtlasError
from drumatlas.explore.encode import rounds
from drumatlas.explore.latent import map_places
from drumatlas.explore.search import Places
from drumatlas.explore.wander import phases
from drumatlas.web.assets import StaticAssets, land_runs
from drumatlas.web.pass_map import SIDE, passing_pieces
from drumatlas_export.page.bundle import bundle
from drumatlas_export.page.graph import graph_table, readable_graph
from drumatlas_export.page.tables import TABLES, tables_module

STYLES = ("style.css", "controls.css", "static.css")
_CHECKED = 64  # inputs on which the page's graphs are compared with the atlas' networks
_SEED = 0  # the box's default
_LIVELY = 0.08  # share of hits in the encoder's test inputs, as in the training beats


def static_page(data: bytes, name: str) -> str:
    """Return the page of the atlas in `data` as HTML; AtlasError says what is wrong with `name`."""
    atlas = parse_atlas(data, name)
    with ZipFile(BytesIO(data)) as archive:
        decoder, encoder = archive.read("decoder.onnx"), archive.read("encoder.onnx")
    try:
        graph = readable_graph(decoder, "decoder.onnx", atlas.decode, _some_places(atlas))
    except AtlasError as error:
        raise error.within(name) from None
    networks = {"decoder": graph_table(graph), "encoder": _encoder(encoder, atlas)}
    return _assemble(atlas, _data(atlas) | networks)


def _some_places(atlas: Atlas) -> NDArray[np.float32]:
    spread = np.random.default_rng(1).standard_normal((_CHECKED, len(atlas.latent.centre)))
    return (atlas.latent.centre + atlas.latent.reach * spread).astype(np.float32)


def _assemble(atlas: Atlas, data: dict[str, Any]) -> str:
    assets = StaticAssets(atlas)

    def read(file: str) -> str:
        if file in TABLES:
            return tables_module(file)
        own = files(__package__).joinpath("static", file)
        if own.is_file():
            return own.read_text(encoding="utf-8")
        content = assets.get(f"/{file}")
        if content is None:
            raise ValueError(f"{file}: no such part of the page")
        return content.body.decode("utf-8")

    style = "\n".join(read(one) for one in STYLES)
    script = bundle("main.js", read)
    for text in (style, script):
        if "</" in text or "<!--" in text:
            raise ValueError("a style or script contains '</' or '<!--'")
    # `<` could end the script. In JSON it occurs in strings only.
    table = json.dumps(data, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "name": escape(atlas.name),
        "policy": _policy(style, script),
        "icon": _base64(read("icon.svg").encode()),
        "style": style,
        "script": script,
        "data": table,
    }
    return re.sub(r"\[\[(\w+)\]\]", lambda found: parts[found[1]], read("static.html"))


def _policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows the page's own content and no connections."""
    hashes = [_base64(sha256(text.encode()).digest()) for text in (script, style)]
    return (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _floats(array: NDArray[Any]) -> str:
    return _base64(array.astype("<f4").tobytes())


def _doubles(array: NDArray[Any]) -> str:
    return _base64(array.astype("<f8").tobytes())


def _data(atlas: Atlas) -> dict[str, Any]:
    """Return the table that static/main.js reads: that of the live page, and the box's results."""
    content = StaticAssets(atlas).get("/atlas.json")
    assert content is not None
    about = without_box(json.loads(content.body))
    places = Places(atlas)
    latent = atlas.latent
    for index, (genre, shown) in enumerate(zip(atlas.genres, about["genres"], strict=True)):
        shown["centroid"] = _floats(genre.centroid)
        shown["typical"] = _floats(places.typical(index))
    near, far = places.rings
    return {
        **about,
        "thresholds": _floats(atlas.thresholds),
        "known": _base64(np.unique(atlas.known).astype("<u8").tobytes()),
        "near": _doubles(near),
        "far": _doubles(far),
        "rounds": _doubles(rounds(latent.reach)),
        "homes": _floats(places.homes),
        "groove": _groove(atlas.groove),
        "centre": _floats(latent.centre),
        "reach": _floats(latent.reach),
        "basis": _floats(latent.basis),
        "inverse": _doubles(np.linalg.inv(latent.basis.astype(np.float64))),
        "wander": phases(_SEED),
        "passing": {"side": SIDE, "bits": _passing(atlas)},
        "map": _map(atlas),
        "labels": _labels(atlas.labels, about["labels"]),
    }


def without_box(about: dict[str, Any]) -> dict[str, Any]:
    """Return the live page's table of the atlas without the controls that need a box: its random
    numbers, files or MIDI."""
    controls = [control for control in about["controls"] if control["isOnEveryPage"]]
    names = {control["name"] for control in controls}
    values = {name: value for name, value in about["values"].items() if name in names}
    return {**about, "controls": controls, "values": values}


def _encoder(model: bytes, atlas: Atlas) -> dict[str, Any] | None:
    """Return the graph of encoder.onnx, or None if a page can't run it.

    It is in full precision: a search starts at the encoder's answer, and from a slightly different
    start it can end at another place than the box's. Without an encoder the page works, but can't
    open MIDI files.
    """
    rng = np.random.default_rng(2)
    beats = (rng.random((_CHECKED, STEPS, VOICES)) < _LIVELY).astype(np.float32)
    try:
        return graph_table(readable_graph(model, "encoder.onnx", atlas.encode, beats))
    except AtlasError:
        return None


def _groove(groove: Groove | None) -> dict[str, str] | None:
    """Return the groove's velocities; its timing needs the box's random numbers."""
    if groove is None:
        return None
    return {"loud": _floats(groove.loud), "near": _floats(groove.near)}


def _passing(atlas: Atlas) -> str:
    bits = np.concatenate(list(passing_pieces(atlas)))
    return _base64(np.packbits(bits, bitorder="little").tobytes())


def _labels(labels: Labels | None, about: dict[str, Any]) -> dict[str, Any] | None:
    """Return the live page's table of the labels with their numbers; None if there are none."""
    if labels is None:
        return None
    lengths, runs = land_runs(labels)
    return {
        **about,
        "z": _floats(labels.z),
        "weight": _floats(labels.weight),
        "genre": _base64(labels.genre.astype("u1").tobytes()),
        "lengths": _base64(lengths.astype("<u2").tobytes()),
        "land": _base64(runs.astype("u1").tobytes()),
    }


def _map(atlas: Atlas) -> dict[str, str]:
    """Return the map's points: positions 0..1 on each axis of the map, and latent points."""
    points = atlas.points
    xy = map_places(atlas) if len(points.xy) else points.xy
    return {
        "x": _floats(xy[:, 0]),
        "y": _floats(xy[:, 1]),
        "z": _floats(points.z),
        "genre": _base64(points.genre.astype("<i2").tobytes()),
        "origin": _base64(points.origin.astype("u1").tobytes()),
    }
