"""Where one is: knobs to latent point and back, the map to latent, the nearest genre."""

from functools import lru_cache

import numpy as np

from drumatlas.atlas.model import Atlas, Floats, Genre, LatentSpace

_NEIGHBOURS = 8  # map points that a place between them is blended from


def knobs_to_latent(latent: LatentSpace, knobs: Floats) -> Floats:
    """Knobs [..., 4], 0..1 each (beyond is allowed), to z [..., 4]."""
    z: Floats = (latent.centre + (2 * knobs - 1) @ latent.basis.T).astype(np.float32)
    return z


def latent_to_knobs(latent: LatentSpace, z: Floats) -> Floats:
    """The inverse: z [4] to knobs [4]; outside 0..1 where no knob reaches."""
    u = np.linalg.solve(latent.basis.astype(np.float64), (z - latent.centre).astype(np.float64))
    knobs: Floats = ((u + 1) / 2).astype(np.float32)
    return knobs


def map_to_latent(atlas: Atlas, x: float, y: float) -> Floats:
    """Joystick x, y in 0..1 over the map's box to z [4].

    The latent points of the nearest map points, weighted by a Gaussian whose width is the
    distance of the farthest of them: moves smoothly between neighbours. A map without points
    gives the centre.
    """
    points = atlas.points
    if not len(points.xy):
        return atlas.latent.centre
    across, up, low, high = _map_columns(atlas)
    place = low + (high - low) * np.array([x, y], np.float32)
    distance = (across - place[0]) ** 2 + (up - place[1]) ** 2
    count = min(_NEIGHBOURS, len(distance))
    near = np.sort(np.argpartition(distance, count - 1)[:count])  # no full sort: 0.3 ms a move
    weight = np.exp(-2 * distance[near] / (distance[near].max() + 1e-12))
    z: Floats = (weight @ points.z[near] / weight.sum()).astype(np.float32)
    return z


@lru_cache(maxsize=2)
def _map_columns(atlas: Atlas) -> tuple[Floats, Floats, Floats, Floats]:
    """The map's points as two columns, and the corners of its box."""
    xy = atlas.points.xy
    return xy[:, 0].copy(), xy[:, 1].copy(), xy.min(axis=0), xy.max(axis=0)


@lru_cache(maxsize=2)
def _centres(atlas: Atlas) -> Floats:
    """The genres' centres [n, 4], in prior deviations."""
    centres: Floats = np.stack([genre.centroid for genre in atlas.genres]) / atlas.latent.reach
    return centres


def nearest_genre(atlas: Atlas, z: Floats) -> tuple[Genre, float] | None:
    """The genre whose centre is nearest to z [4], and how far it is in prior deviations."""
    if not atlas.genres:
        return None
    distances = np.linalg.norm(_centres(atlas) - z / atlas.latent.reach, axis=1)
    best = int(np.argmin(distances))
    return atlas.genres[best], float(distances[best])
