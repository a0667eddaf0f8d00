"""Conversions between knobs, latent points and map positions."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Floats, LatentSpace

# Widths of the kernels between map and latent space. Wider is smoother and flatter. Chosen with
# `make sweep`: when the joystick moves by 1/128, 0.03 changes 22 cells at p99, and 0.06 18.
MAP_BLUR = 0.035  # share of the map's bounding box
LATENT_BLUR = 0.35  # prior deviations
# Cells along each side of a map with labels, finer than a joystick's converter and a page's pixels.
# All places of a cell are one, so that each has the genre in whose colour the cell is painted.
MAP_CELLS = 1024
MAP_POWER, LATENT_POWER = 3, 5  # how fast a point's weight falls beyond the blur


def knobs_to_latent(latent: LatentSpace, knobs: Floats) -> Floats:
    """Return the latent points z [..., 4] of knobs [..., 4], 0..1 each or beyond."""
    # In double precision, so that the order of summation is lost in the rounding to float32.
    turns = 2 * knobs.astype(np.float64) - 1
    z: Floats = (latent.centre + turns @ latent.basis.T.astype(np.float64)).astype(np.float32)
    return z


def latent_to_knobs(latent: LatentSpace, z: Floats) -> Floats:
    """Return the knobs [4] of latent point z [4]; outside 0..1 if the knobs cannot reach it."""
    u = np.linalg.solve(latent.basis.astype(np.float64), (z - latent.centre).astype(np.float64))
    knobs: Floats = ((u + 1) / 2).astype(np.float32)
    return knobs


def map_to_latent(atlas: Atlas, x: float, y: float) -> Floats:
    """Return the latent point z [4] at x, y on the map, 0..1 of its bounding box each.

    This is a kernel regression (Nadaraya 1964, Watson 1964) over all points of the map, with the
    weights of `_blend`. It is smooth everywhere, even in empty parts of the map, but for the steps
    of MAP_CELLS if the atlas has labels. For a map without points, return the centre of the latent
    space.
    """
    if not len(atlas.points.xy):
        return atlas.latent.centre
    z: Floats = places_to_latent(atlas, np.array([[x, y]]))[0]
    return z


def places_to_latent(atlas: Atlas, places: NDArray[np.floating[Any]]) -> Floats:
    """Return the latent points z [n, 4] at places [n, 2] of the map, as `map_to_latent` does for
    one. The map must have points."""
    across, up = _map_columns(atlas)
    if atlas.labels is not None:
        cells = np.clip(np.floor(places * MAP_CELLS), 0, MAP_CELLS - 1)
        places = (cells + 0.5) / MAP_CELLS
    x, y = places.astype(np.float32).T[:, :, None]
    return _blend((across - x) ** 2 + (up - y) ** 2, MAP_BLUR, MAP_POWER, atlas.points.z)


def latent_to_map(
    atlas: Atlas, z: Floats, among: NDArray[np.bool_] | slice = slice(None)
) -> tuple[float, float]:
    """Return where z [4] lies on the map, x and y, 0..1 of its bounding box each.

    This is the regression of `map_to_latent` in the other direction, over the points that `among`
    selects (default: all). For a map without points, return the middle.
    """
    if not len(atlas.points.xy):
        return 0.5, 0.5
    away = (atlas.points.z[among] - z) / atlas.latent.reach
    places = map_places(atlas)[among]
    blend = _blend(np.square(away).sum(axis=1), LATENT_BLUR, LATENT_POWER, places)
    return float(blend[0]), float(blend[1])


def _blend(distance: Floats, blur: float, power: int, values: Floats) -> Floats:
    """Return the mean [..., m] of values [n, m] with weights (1 + distance / blur^2)^-power.

    `distance` [..., n] are squared distances. The kernel has heavy tails: unlike a Gaussian, it
    blends several points even where all of them are far, so the result never jumps from one to the
    next.
    """
    # In double precision: differences in summation order and in the library's power function are
    # lost in the rounding of the result, so every machine gets the same place.
    base = 1 + distance.astype(np.float64) / (blur * blur)
    weight = base**-power
    result: Floats = (weight @ values / weight.sum(axis=-1, keepdims=True)).astype(np.float32)
    return result


@lru_cache(maxsize=2)
def map_places(atlas: Atlas) -> Floats:
    """Return the map's points [n, 2], scaled to 0..1 of their bounding box."""
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    places: Floats = ((xy - low) / np.maximum(high - low, 1e-9)).astype(np.float32)
    return places


@lru_cache(maxsize=2)
def _map_columns(atlas: Atlas) -> tuple[Floats, Floats]:
    """Return `map_places` as two contiguous columns, x [n] and y [n]."""
    places = map_places(atlas)
    return places[:, 0].copy(), places[:, 1].copy()
