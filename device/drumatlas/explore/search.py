"""Find the beat of a place: its own if that passes the filter, else one nearby that passes.

The search is deterministic: the same place, density and atlas always give the same beat.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import GENERATED, LATENT, Atlas, Floats
from drumatlas.beat.codes import Code, Grid, pack
from drumatlas.errors import AtlasError
from drumatlas.explore.density import Density, hits_at
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.genre import genre_at

CANDIDATES = 64
NEAR = 0.65  # prior deviations; over 99.7 % of all places have a passing place within this radius
FAR = 4.0  # prior deviations; the outer ring, for places in an empty region
_HOMES = 256  # number of places known to pass, spread over the atlas; the last resort
_MOST_TYPICAL = 1024  # places that are looked at for a genre's most typical beat
RELAX = tuple(i / 16 for i in range(16))  # shares of the way to natural density, tried in turn
CELLS_PER_DEVIATION = 10  # a deviation further away counts as much as so many different cells


def _directions() -> NDArray[np.float64]:
    """Return unit vectors [64, 4], evenly spread and the same on every machine.

    They come from the additive recurrence n·(1/g, 1/g², ...) mod 1 of M. Roberts ("The
    Unreasonable Effectiveness of Quasirandom Sequences", 2018), where g is the root of
    x^5 = x + 1. Points outside the unit ball are dropped.
    """
    g = 2.0
    for _ in range(30):
        g = (1 + g) ** (1 / (LATENT + 1))
    n = np.arange(1, 40 * CANDIDATES)[:, None]
    cube = 2 * ((0.5 + n * g ** -np.arange(1.0, LATENT + 1)) % 1.0) - 1
    length = np.linalg.norm(cube, axis=1)
    inside = (length < 1) & (length > 0.1)
    unit: NDArray[np.float64] = (cube[inside] / length[inside, None])[:CANDIDATES]
    return unit


_UNIT = _directions()
_RADII = (np.arange(CANDIDATES) + 1) / CANDIDATES  # ascending


def ball(reach: Floats, radius: float) -> NDArray[np.float64]:
    """Return offsets [64, 4] of up to `radius` prior deviations, the shortest first.

    `reach` [4] is a prior deviation of each latent axis.
    """
    return reach * _UNIT * _RADII[:, None] * radius


def rings(reach: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the offsets [64, 4] of the candidates around a place: within NEAR, then up to FAR.

    `reach` [4] is a prior deviation of each latent axis.
    """
    return ball(reach, NEAR), reach * _UNIT * (NEAR + (FAR - NEAR) * _RADII[:, None])


@dataclass(frozen=True, slots=True)
class Place:
    """A place whose beat passes the filter.

    z [4] is its latent point, and `moved` the distance from the requested point in prior
    deviations. p [32, 14] are the decoder's probabilities, hits [32, 14] the beat, and thresholds
    [14] the values that p exceeds at the hits.
    """

    z: Floats
    moved: float
    p: Floats
    hits: Grid
    thresholds: Floats
    code: Code


class Places:
    """Finds the beats of an atlas. Raises AtlasError if no place of the atlas passes the filter.

    `rings` are two sets of offsets [64, 4], to the near candidates and to those beyond. `homes`
    [n, 4] are places known to pass, the last resort of a search.
    """

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self.filter = BeatFilter(atlas.known)
        self.rings = rings(atlas.latent.reach)
        self.homes = self._find_homes()

    def _find_homes(self) -> Floats:
        """Return places that pass at natural density, z [n, 4]."""
        atlas = self._atlas
        own = atlas.points.z[atlas.points.origin == GENERATED]
        spread = atlas.latent.centre + np.concatenate(
            [atlas.latent.reach * _UNIT * r for r in (0.5, 1.0, 2.0, 3.0)]
        )
        z = np.concatenate([own, atlas.points.z, spread]).astype(np.float32)
        homes: list[Floats] = []
        # Use the batch size of a search: a larger one would permanently cost a small box 20 MB.
        for start in range(0, len(z), CANDIDATES):
            some = z[start : start + CANDIDATES]
            homes.extend(some[self.filter.passes(pack(self.hits(some)[1]))])
            if len(homes) >= _HOMES:
                break
        if not homes:
            raise AtlasError(f"atlas '{atlas.name}': none of its beats passes the filter")
        return np.stack(homes)

    def hits(self, z: Floats) -> tuple[Floats, Grid]:
        """Decode points z [n, 4] at natural density: p [n, 32, 14] and hits [n, 32, 14]."""
        p = self._atlas.decode(z)
        return p, p > self._atlas.thresholds

    def at(self, z: Floats, density: Density | None = None, novelty: bool = True) -> Place:
        """Return the place to play at z [4]: z itself if its beat passes, else one nearby.

        With `novelty`, training beats do not pass. The search uses natural density, so a density
        knob changes the beat of a place but never moves to another place.
        """
        place = self._natural(z, novelty)
        if density is None or density == Density():
            return place
        return self._shaped(place, density, novelty)

    def typical(self, index: int) -> Floats:
        """Return the latent point [4] to go to for the atlas' genre `index`.

        It is the one nearest to the genre's middle of that genre (by `explore.genre`) whose own
        beat passes. If there is none, it is the nearest of that genre, else the middle. The
        candidates are the middle, all points of the map, and the places known to pass.
        """
        atlas = self._atlas
        middle = atlas.genres[index].centroid
        all_z = np.concatenate([middle[None], atlas.points.z, self.homes]).astype(np.float32)
        away = np.linalg.norm((all_z - middle) / atlas.latent.reach, axis=1)
        order = np.argsort(away, kind="stable")
        found = middle if genre_at(atlas, middle[None])[1][0] == index else None
        for start in range(0, min(len(order), _MOST_TYPICAL), CANDIDATES):
            z = all_z[order[start : start + CANDIDATES]]
            own = z[genre_at(atlas, z)[1] == index]
            if not len(own):
                continue
            passing = np.flatnonzero(self.filter.passes(pack(self.hits(own)[1])))
            if len(passing):
                best: Floats = own[passing[0]]
                return best
            found = own[0] if found is None else found
        return middle if found is None else found

    def _natural(self, z: Floats, novelty: bool) -> Place:
        p, hits = self.hits(z[None, :])
        own = pack(hits)
        if self.filter.passes(own, novelty)[0]:
            return self._place(z, 0.0, p[0], hits[0], own[0])
        near, far = ((z + ring).astype(np.float32) for ring in self.rings)
        for candidates in (near, far, self._homes_near(z)):
            found = self._most_similar(candidates, z, own, novelty)
            if found:
                return found
        raise AssertionError("homes pass")  # _find_homes keeps only those

    def _shaped(self, place: Place, density: Density, novelty: bool) -> Place:
        """Return the place with its beat at a density.

        If that beat does not pass, move the density towards the natural one, which passes.
        """
        for share in RELAX:
            hits, thresholds = hits_at(
                place.p, self._atlas.thresholds, density.towards_natural(share)
            )
            code = pack(hits)
            if self.filter.passes(code, novelty)[0]:
                return replace(place, hits=hits, thresholds=thresholds, code=tuple(code.tolist()))
        return place

    def _homes_near(self, z: Floats) -> Floats:
        distance = np.linalg.norm((self.homes - z) / self._atlas.latent.reach, axis=1)
        nearest: Floats = self.homes[np.argsort(distance, kind="stable")[:CANDIDATES]]
        return nearest

    def _most_similar(
        self, candidates: Floats, origin: Floats, own: NDArray[np.uint16], novelty: bool
    ) -> Place | None:
        """Return the passing candidate of [n, 4] that is most similar to the beat `own` [1, 32].

        So a knob turned across the edge of the filter changes the beat as little as possible.
        Return None if no candidate passes.
        """
        p, hits = self.hits(candidates)
        codes = pack(hits)
        moved = np.linalg.norm((candidates - origin) / self._atlas.latent.reach, axis=1)
        unlike = np.bitwise_count(codes ^ own).sum(axis=1) + CELLS_PER_DEVIATION * moved
        lively = self.filter.lively(codes)
        for i in np.argsort(unlike, kind="stable"):
            if lively[i] and not (novelty and self.filter.is_known(codes[i])):
                return self._place(candidates[i], float(moved[i]), p[i], hits[i], codes[i])
        return None

    def _place(
        self, z: Floats, moved: float, p: Floats, hits: Grid, code: NDArray[np.uint16]
    ) -> Place:
        return Place(z, moved, p, hits, self._atlas.thresholds, tuple(code.tolist()))
