"""Where one is: knobs to latent point and back, the map to latent, the nearest genre."""

from functools import lru_cache

import numpy as np

from drumatlas.atlas.model import Atlas, Floats, Genre, LatentSpace

# Widths of the kernels between map and latent space. Wider is smoother and flatter: chosen with
# `make sweep`, where 0.03 moves 22 cells at p99 of a 128th of the joystick's way, and 0.06 18.
_MAP_BLUR = 0.035  # of the map's box
_LATENT_BLUR = 0.35  # prior deviations


def knobs_to_latent(latent: LatentSpace, knobs: Floats) -> Floats:
    """Knobs [..., 4], 0..1 each (beyond is allowed), to z [..., 4]."""
    turns = 2 * knobs.astype(np.float64) - 1  # so that the order of a sum is lost in rounding
    z: Floats = (latent.centre + turns @ latent.basis.T.astype(np.float64)).astype(np.float32)
    return z


def latent_to_knobs(latent: LatentSpace, z: Floats) -> Floats:
    """The inverse: z [4] to knobs [4]; outside 0..1 where no knob reaches."""
    u = np.linalg.solve(latent.basis.astype(np.float64), (z - latent.centre).astype(np.float64))
    knobs: Floats = ((u + 1) / 2).astype(np.float32)
    return knobs


def map_to_latent(atlas: Atlas, x: float, y: float) -> Floats:
    """Joystick x, y in 0..1 over the map's box to z [4].

    Kernel regression (Nadaraya 1964, Watson 1964) over all points of the map, with the weights
    of `_blend`: smooth everywhere, also over empty parts of the map. A map without points gives
    the centre.
    """
    if not len(atlas.points.xy):
        return atlas.latent.centre
    across, up = _map_columns(atlas)
    distance = (across - np.float32(x)) ** 2 + (up - np.float32(y)) ** 2
    return _blend(distance, _MAP_BLUR, 3, atlas.points.z)


def latent_to_map(atlas: Atlas, z: Floats) -> tuple[float, float]:
    """Where z [4] lies on the map, 0..1 of its box each: the same the other way round. A map
    without points gives the middle."""
    if not len(atlas.points.xy):
        return 0.5, 0.5
    away = (atlas.points.z - z) / atlas.latent.reach
    blend = _blend(np.square(away).sum(axis=1), _LATENT_BLUR, 5, map_places(atlas))
    return float(blend[0]), float(blend[1])


def _blend(distance: Floats, blur: float, power: int, values: Floats) -> Floats:
    """Mean of values [n, m] with weights (1 + distance / blur^2)^-power, distances squared [n].

    A kernel with heavy tails: unlike a Gaussian's, its width grows by itself where points are
    far, so nothing jumps there from the nearest one to the next.
    """
    # In double precision: how a processor orders a sum, and a library rounds a power, is lost
    # in the rounding of the result, so that every machine goes to the same place.
    base = 1 + distance.astype(np.float64) / (blur * blur)
    weight = base**-power
    result: Floats = (weight @ values / weight.sum()).astype(np.float32)
    return result


@lru_cache(maxsize=2)
def map_places(atlas: Atlas) -> Floats:
    """The map's points [n, 2] in 0..1 of its box."""
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    places: Floats = ((xy - low) / np.maximum(high - low, 1e-9)).astype(np.float32)
    return places


@lru_cache(maxsize=2)
def _map_columns(atlas: Atlas) -> tuple[Floats, Floats]:
    """The same as two columns."""
    places = map_places(atlas)
    return places[:, 0].copy(), places[:, 1].copy()


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
