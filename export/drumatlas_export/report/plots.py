"""Draw beats as small grids, and histograms, as SVG for the report."""

from html import escape

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, STEPS_PER_BEAT, Grid
from drumatlas.beat.voices import GROUPS, VOICE_TABLE, VOICES

_CELL = 4  # width of a step and height of a voice, pixels
_WIDTH, _HEIGHT, _FOOT = 420, 150, 30  # of a histogram, pixels

Series = dict[str, NDArray[np.float64]]


def beat(grid: Grid) -> str:
    """Draw one beat [32, 14], with the kick at the bottom and a line at each quarter."""
    width, height = STEPS * _CELL, VOICES * _CELL
    parts = [f'<svg class="beat" viewBox="0 0 {width} {height}" width="{width}" height="{height}">']
    parts += [
        f'<path class="line" d="M{step * _CELL} 0v{height}"/>'
        for step in range(0, STEPS + 1, STEPS_PER_BEAT)
    ]
    for voice in VOICE_TABLE:
        steps = np.flatnonzero(grid[:, voice.bit]).tolist()
        y = (VOICES - 1 - voice.bit) * _CELL
        cells = "".join(
            f"M{step * _CELL} {y}h{_CELL - 1}v{_CELL - 1}h-{_CELL - 1}z" for step in steps
        )
        if cells:
            parts.append(f'<path class="g{GROUPS.index(voice.group)}" d="{cells}"/>')
    return "".join([*parts, "</svg>"])


def histogram(title: str, series: Series, edges: NDArray[np.float64]) -> str:
    """Draw the shares of values between `edges`, one line per series."""
    counts = {name: _shares(values, edges) for name, values in series.items()}
    names = [f"{edge:g}" for edge in edges[:-1]]
    return _steps(title, counts, names)


def bars(title: str, series: Series, names: list[str]) -> str:
    """Draw a value for each name, one line per series."""
    return _steps(title, series, names)


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    result: NDArray[np.float64] = counts / max(len(values), 1)
    return result


def _steps(title: str, series: Series, names: list[str]) -> str:
    most = max((float(values.max(initial=0)) for values in series.values()), default=0) or 1.0
    step = _WIDTH / max(len(names), 1)
    parts = [f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT + _FOOT}" width="{_WIDTH}">']
    for kind, values in enumerate(series.values()):
        heights = (_HEIGHT - values / most * (_HEIGHT - 4)).round(1).tolist()
        line = "".join(
            f"L{i * step:.1f} {y}L{(i + 1) * step:.1f} {y}" for i, y in enumerate(heights)
        )
        parts.append(f'<path class="s{kind}" d="M0 {_HEIGHT}{line}L{_WIDTH} {_HEIGHT}"/>')
    every = -(-len(names) // 14)
    for i in range(0, len(names), every):
        x = (i + 0.5) * step
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT + 16}">{escape(names[i])}</text>')
    legend = " ".join(f'<b class="s{i}">{escape(name)}</b>' for i, name in enumerate(series))
    body = "".join([*parts, "</svg>"])
    return f"<figure>{body}<figcaption>{escape(title)}: {legend}</figcaption></figure>"
