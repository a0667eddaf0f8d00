"""The report as one HTML file: the map, interpolations, histograms, and the scores.

Styles and drawings are inside the file, and its content policy forbids loading anything else.
"""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import Grid, grids, pack
from drumatlas.beat.tsv import BeatRow
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.explore.filters import BeatFilter, entropy
from drumatlas_export.map_picture.picture import picture
from drumatlas_export.report.plots import bars, beat, histogram
from drumatlas_export.space import Space

_SHOWN = 1000  # beats per histogram
_PATHS, _STOPS = 6, 9  # interpolations, and beats on each

TABLES = {
    "against_held_out": "Compared with held-out beats, beside the baselines",
    "genre_areas": "Genres",
}


def report(
    space: Space, scores: dict[str, Any], train: Sequence[BeatRow], real: Sequence[BeatRow]
) -> str:
    """Return the report of a space as HTML.

    `scores` is the table that `evaluate` returned. The histograms compare the space's beats with
    `train` and with `real` (held-out) beats.
    """
    parts = [f"<h1>{escape(space.name)}</h1>"]
    if space.atlas and len(space.atlas.points.xy):
        parts.append(
            f"<h2>Map</h2><p>Training beats are grey, generated ones red; {_areas(space.atlas)}."
            f"</p><div class=map>{picture(space.atlas)}</div>"
        )
    seed = int(scores.get("seed", 0))
    parts += ["<h2>Interpolations</h2>", _paths(space, seed)]
    parts += ["<h2>Beats</h2>", _histograms(space, train, real, seed)]
    for key, title in TABLES.items():
        if scores.get(key):
            parts.append(f"<h2>{title}</h2>{_table(scores[key])}")
    rest = {key: value for key, value in scores.items() if key not in TABLES}
    parts.append(f"<h2>Scores</h2>{_list(rest)}")
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(space.name)}: scores</title><style>{style}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _areas(atlas: Atlas) -> str:
    if atlas.labels:
        return "each colour is the land of a family of genres"
    return "each line encloses half of a genre's beats"


def _paths(space: Space, seed: int) -> str:
    """Draw the beats on straight lines between centroids of genres, or between random points."""
    if len(space.genres) > 1:
        ends = [(genre.name, genre.centroid) for genre in space.genres]
    else:
        ends = [("", z) for z in space.sample(_PATHS + 1, seed)]
    rows = []
    for number in range(min(_PATHS, len(ends) - 1)):
        (name, start), (other, end) = ends[number], ends[number + 1]
        share = np.linspace(0, 1, _STOPS)[:, None]
        stops = space.hits((start + share * (end - start)).astype(np.float32))
        cells = "".join(f"<td>{beat(one)}</td>" for one in stops)
        rows.append(f"<tr><th>{escape(name)}</th>{cells}<th>{escape(other)}</th></tr>")
    return f"<div class=wide><table>{''.join(rows)}</table></div>"


def _histograms(space: Space, train: Sequence[BeatRow], real: Sequence[BeatRow], seed: int) -> str:
    hits = space.hits(space.sample(4 * _SHOWN, seed))
    made = hits[BeatFilter(space.known).passes(pack(hits))][:_SHOWN]
    sets = {"this space": made, "held-out": _some(real, seed), "training": _some(train, seed)}
    voices = [voice.short for voice in VOICE_TABLE]
    count = {name: bits.sum(axis=(1, 2)).astype(np.float64) for name, bits in sets.items()}
    lively = {name: entropy(pack(bits)) for name, bits in sets.items()}
    each = {name: bits.sum(axis=1).mean(axis=0) for name, bits in sets.items() if len(bits)}
    steps = {name: bits.sum(axis=2).mean(axis=0) for name, bits in sets.items() if len(bits)}
    return (
        "<div class=plots>"
        + "".join(
            [
                histogram("Hits per beat", count, np.arange(0.0, 128, 4)),
                histogram("Entropy, nats", lively, np.linspace(0.8, 3.5, 28).round(2)),
                bars("Hits per voice", each, voices),
                bars("Hits per step", steps, [str(step + 1) for step in range(32)]),
            ]
        )
        + "</div>"
    )


def _some(rows: Sequence[BeatRow], seed: int) -> Grid:
    order = np.random.default_rng([seed, 5]).permutation(len(rows))[:_SHOWN]
    return grids([rows[i].code for i in order])


def _table(rows: dict[str, dict[str, Any]]) -> str:
    columns = list(next(iter(rows.values())))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        f"<tr><th>{escape(name)}</th>"
        + "".join(f"<td>{_shown(row.get(column, ''))}</td>" for column in columns)
        + "</tr>"
        for name, row in rows.items()
    )
    return f"<div class=wide><table class=scores><tr><th></th>{head}</tr>{body}</table></div>"


def _list(table: dict[str, Any]) -> str:
    parts = []
    for name, value in table.items():
        shown = _list(value) if isinstance(value, dict) else f"<dd>{_shown(value)}</dd>"
        parts.append(f"<dt>{escape(name.replace('_', ' '))}</dt>{shown}")
    return f"<dl>{''.join(parts)}</dl>"


def _shown(value: Any) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return escape(text)
