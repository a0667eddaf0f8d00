"""The land of the map: the genre of each of its cells, and a place for each genre's label."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label, maximum_filter, minimum_filter

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.explore.genre import genre_at, genre_votes
from drumatlas.explore.latent import MAP_CELLS, map_places, places_to_latent

SIDE = MAP_CELLS  # cells along each side; a power of 2 times _COARSE
_COARSE = 128  # cells along each side that are all looked at; more only along borders
_NEAR = 0.04  # map widths; a cell so near to a point is land on the page, too
_BATCH = 512
_ROOM = 0.5  # a label has at least this share of the distance to the border that it could have

Cells = NDArray[np.uint8]


def middles(side: int) -> Floats:
    """Return the middles [side * side, 2] of all cells, 0..1; rows go from y = 0 up."""
    at = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
    return np.stack([np.tile(at, side), np.repeat(at, side)], axis=1)


def latent_of(atlas: Atlas, places: Floats) -> Floats:
    """Return the latent points [n, 4] that the joystick reaches at places [n, 2] of the map."""
    parts = [places[i : i + _BATCH] for i in range(0, max(len(places), 1), _BATCH)]
    return np.concatenate([places_to_latent(atlas, part) for part in parts])


def genres_on_map(atlas: Atlas, places: Floats) -> Cells:
    """Return the genres [n] at places [n, 2] of the map, as the votes of the atlas' labels have
    it."""
    return genre_at(atlas, latent_of(atlas, places))[1].astype(np.uint8)


def land(atlas: Atlas, side: int = SIDE) -> Cells:
    """Return the genre of each cell [side, side] of the map.

    Cells are halved from a coarse raster on, and only those beside another genre are looked at
    again. So an area narrower than a coarse cell may be missed.
    """
    now = min(side, _COARSE)
    cells = genres_on_map(atlas, middles(now)).reshape(now, now)
    while now < side:
        now *= 2
        cells = cells.repeat(2, axis=0).repeat(2, axis=1)
        border = np.flatnonzero(maximum_filter(cells, 3) != minimum_filter(cells, 3))
        cells.ravel()[border] = genres_on_map(atlas, middles(now)[border])
    return cells


def is_land(atlas: Atlas, side: int) -> NDArray[np.bool_]:
    """Return which cells [side, side] are near points of the map."""
    column, row = np.clip((map_places(atlas).T * side).astype(int), 0, side - 1)
    sea = np.ones((side, side), bool)
    sea[row, column] = False
    near: NDArray[np.bool_] = distance_transform_edt(sea) <= _NEAR * side
    return near


def label_places(atlas: Atlas, cells: Cells) -> tuple[Floats, Floats]:
    """Return where each genre's label stands: on the map [genres, 2], 0..1, and in the latent space
    [genres, 4]; NaN for a genre without a cell.

    A label stands in the largest area of its genre's own on the land, well inside, where its
    genre's share of the votes is largest.
    """
    side, dry = len(cells), is_land(atlas, len(cells))
    on_map = np.full((len(atlas.genres), 2), np.nan, np.float32)
    z = np.full((len(atlas.genres), 4), np.nan, np.float32)
    places = middles(side)
    for index in range(len(atlas.genres)):
        own = cells == index
        area = _largest(own & dry if (own & dry).any() else own)
        if not area.any():
            continue
        inside = distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1]
        rows = np.flatnonzero(inside >= _ROOM * inside.max())
        rows = rows[:: max(len(rows) // _BATCH, 1)]
        points = latent_of(atlas, places[rows])
        # Exactly there, not only by its cell, so that the label agrees with its colour.
        shares = np.where(
            genre_at(atlas, points)[1] == index, genre_votes(atlas, points)[:, index], -1.0
        )
        best = int(shares.argmax())
        if shares[best] > 0:
            on_map[index], z[index] = places[rows[best]], points[best]
    return on_map, z


def _largest(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected area of the cells that are set."""
    areas, count = label(cells)
    if count == 0:
        return cells
    result: NDArray[np.bool_] = areas == 1 + int(np.bincount(areas.ravel())[1:].argmax())
    return result
