"""The files that the page's address serves: its own, and the atlas as the page draws it.

They are kept in a table that is made once. A request is looked up in it, and never used as a path.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Labels
from drumatlas.beat.voices import GROUPS, VOICE_TABLE
from drumatlas.explore.controls import BUTTONS, CONTROLS, DEFAULTS
from drumatlas.explore.latent import MAP_BLUR, MAP_CELLS, MAP_POWER, map_places
from drumatlas.web.controls import control_rows
from drumatlas.web.view_json import tempo_range

FOLDER = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
JSON, BINARY, MIDI = "application/json", "application/octet-stream", "audio/midi"
_XY_MOST = 65535  # largest coordinate: 1 in the map's box of 0..1


@dataclass(frozen=True, slots=True)
class Content:
    """A body and its media type."""

    body: bytes
    type: str


class StaticAssets:
    """The files of `folder` by their paths, with `/` for index.html, and the files made from an
    atlas."""

    def __init__(self, atlas: Atlas, folder: Path = FOLDER) -> None:
        self._atlas, self._folder = atlas, folder

    def get(self, path: str) -> Content | None:
        """Return the content at a path; None if there is none."""
        return self._table.get(path)

    @cached_property
    def _table(self) -> dict[str, Content]:
        files = {
            f"/{file.name}": Content(file.read_bytes(), TYPES[file.suffix])
            for file in self._folder.iterdir()
            if file.suffix in TYPES
        }
        files["/"] = files["/index.html"]
        files["/atlas.json"] = Content(json.dumps(self._about()).encode(), JSON)
        files["/points.bin"] = Content(points_bytes(self._atlas), BINARY)
        if self._atlas.labels:
            files["/places.bin"] = Content(places_bytes(self._atlas, self._atlas.labels), BINARY)
        return files

    def _about(self) -> dict[str, object]:
        atlas = self._atlas
        low, span = _box(atlas)
        return {
            "name": atlas.name,
            "sha256": atlas.sha256,
            "points": len(atlas.points.xy),
            "axes": list(atlas.latent.axes),
            "axisCorrelations": list(atlas.latent.correlations),
            "centre": atlas.latent.centre.tolist(),
            "reach": atlas.latent.reach.tolist(),
            "blend": {"blur": MAP_BLUR, "power": MAP_POWER, "cells": MAP_CELLS},
            "families": [
                {"name": one.name, "colour": one.colour, "genres": list(one.genres)}
                for one in atlas.families
            ],
            "labels": _labels(atlas.labels),
            "genres": [
                {
                    "name": genre.name,
                    "count": genre.count,
                    "x": round(float(x), 5),
                    "y": round(float(y), 5),
                }
                for genre in atlas.genres
                for x, y in [(genre.map_centroid - low) / span]
            ],
            "voices": [
                {"bit": voice.bit, "name": voice.name, "short": voice.short, "group": voice.group}
                for voice in VOICE_TABLE
            ],
            "groups": list(GROUPS),
            "values": DEFAULTS,
            "buttons": list(BUTTONS),
            "controls": control_rows(CONTROLS),
            "tempo": list(tempo_range()),
        }


def _box(atlas: Atlas) -> tuple[np.ndarray, np.ndarray]:
    """Return the low corner [2] and the size [2] of the map's box."""
    xy = atlas.points.xy
    if not len(xy):
        return np.zeros(2), np.ones(2)
    low = xy.min(axis=0)
    return low, np.maximum(xy.max(axis=0) - low, 1e-9)


def points_bytes(atlas: Atlas) -> bytes:
    """Return the map's points, little-endian: all x (uint16, 0..65535 of the box), all y, all
    genres (int16, -1 for none), all origins (uint8: 0 training, 1 generated)."""
    low, span = _box(atlas)
    places = np.rint((atlas.points.xy - low) / span * _XY_MOST).astype("<u2")
    return b"".join(
        (
            places[:, 0].tobytes(),
            places[:, 1].tobytes(),
            atlas.points.genre.astype("<i2").tobytes(),
            atlas.points.origin.astype("u1").tobytes(),
        )
    )


def _labels(labels: Labels | None) -> dict[str, object] | None:
    """Return how many labels there are, the cells along a side of the map and their runs, and the
    kernel."""
    if labels is None:
        return None
    return {
        "count": len(labels.genre),
        "side": len(labels.land),
        "runs": len(land_runs(labels)[0]),
        "blur": labels.blur,
        "power": labels.power,
    }


def land_runs(labels: Labels) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return the lengths and the genres of the runs of equal cells of the land, row by row. No
    run goes on in the next row."""
    cells = labels.land.ravel()
    is_first = np.ones(len(cells), bool)
    is_first[1:] = cells[1:] != cells[:-1]
    is_first[:: len(labels.land)] = True
    starts = np.flatnonzero(is_first)
    return np.diff(starts, append=len(cells)).astype(np.uint16), cells[starts]


def places_bytes(atlas: Atlas, labels: Labels) -> bytes:
    """Return what names the genre of a place, little-endian: the points' x and y on the map (0..1,
    float32) and their z (4 float32 each); the labels' z, weights (float32) and genres (uint8); the
    lengths (uint16) and genres (uint8) of the runs of the map's cells."""
    places = map_places(atlas) if len(atlas.points.xy) else atlas.points.xy
    lengths, genres = land_runs(labels)
    floats = (places[:, 0], places[:, 1], atlas.points.z, labels.z, labels.weight)
    return b"".join(
        (
            *(array.astype("<f4").tobytes() for array in floats),
            labels.genre.astype("u1").tobytes(),
            lengths.astype("<u2").tobytes(),
            genres.astype("u1").tobytes(),
        )
    )


def security_headers(host: str) -> dict[str, str]:
    """Return the headers of every answer. `host` is the checked Host header, or ""."""
    # 'self' includes WebSockets, but not yet in every browser.
    sockets = f" ws://{host} wss://{host}" if host else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), midi=()",
        "Cache-Control": "no-cache",
    }
