"""The beat of a place: the decoder's own where it passes the filter, else a near one that does.

Deterministic: the same place, density and atlas give the same beat, always.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import GENERATED, LATENT, Atlas, Floats, Genre
from drumatlas.beat.codes import Code, Grid, pack
from drumatlas.errors import AtlasError
from drumatlas.explore.density import Density, hits_at
from drumatlas.explore.filters import BeatFilter

CANDIDATES = 64
NEAR = 0.65  # prior deviations; a passing place is found within for over 99.7 % of all places
FAR = 4.0  # second ring, for places in an empty quarter
_HOMES = 256  # places known to pass, spread over the atlas; the last resort
_RELAX = tuple(i / 16 for i in range(16))  # how far density gives way, tried in turn
_CELLS_A_DEVIATION = 10  # what a nearer place weighs against a likelier beat


def _directions() -> NDArray[np.float64]:
    """Unit vectors [64, 4], evenly spread and the same on every machine.

    The additive recurrence n·(1/g, 1/g², ...) mod 1 of M. Roberts ("The Unreasonable
    Effectiveness of Quasirandom Sequences", 2018) with g the root of x^5 = x + 1, kept where
    it falls into the ball.
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
_RADII = (np.arange(CANDIDATES) + 1) / CANDIDATES  # growing, so the first that passes is nearest


def rings(reach: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The candidates around a place as offsets [64, 4]: near ones, and those beyond."""
    radii = _RADII[:, None]
    return reach * _UNIT * radii * NEAR, reach * _UNIT * (NEAR + (FAR - NEAR) * radii)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that may play. `z` is where it was found, `moved` how far that is from where one
    asked (prior deviations), `p` [32, 14] the probabilities, `hits` [32, 14] the beat."""

    z: Floats
    moved: float
    p: Floats
    hits: Grid
    thresholds: Floats
    code: Code


class Places:
    """The beats of an atlas. Raises AtlasError at once if not one place of it passes.

    `rings` are the offsets [64, 4] of candidates around a place, the near ones and those beyond;
    `homes` [n, 4] are places that pass, the last resort.
    """

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self.filter = BeatFilter(atlas.known)
        self.rings = rings(atlas.latent.reach)
        self.homes = self._find_homes()

    def _find_homes(self) -> Floats:
        """Places that pass at natural density, z [n, 4]: the last resort of every search."""
        atlas = self._atlas
        own = atlas.points.z[atlas.points.origin == GENERATED]
        spread = atlas.latent.centre + np.concatenate(
            [atlas.latent.reach * _UNIT * r for r in (0.5, 1.0, 2.0, 3.0)]
        )
        z = np.concatenate([own, atlas.points.z, spread]).astype(np.float32)
        homes: list[Floats] = []
        # In the size of a search's batches: a large one would cost a small box 20 MB for good.
        for start in range(0, len(z), CANDIDATES):
            some = z[start : start + CANDIDATES]
            homes.extend(some[self.filter.passes(pack(self.hits(some)[1]))])
            if len(homes) >= _HOMES:
                break
        if not homes:
            raise AtlasError(f"atlas '{atlas.name}': no place in it gives a beat that may play")
        return np.stack(homes)

    def hits(self, z: Floats) -> tuple[Floats, Grid]:
        """One decode a point, at natural density: z [n, 4] to (p [n, 32, 14], hits [n, 32, 14])."""
        p = self._atlas.decode(z)
        return p, p > self._atlas.thresholds

    def at(self, z: Floats, density: Density | None = None, novelty: bool = True) -> Place:
        """The beat that plays at z [4]: own decode, else one near it that passes; never silent.

        `novelty` bars training beats. The place is found at natural density, so that a density
        knob changes the beat where one is and never the place.
        """
        place = self._natural(z, novelty)
        if density is None or density == Density():
            return place
        return self._shaped(place, density, novelty)

    def typical(self, genre: Genre) -> Floats:
        """The place [4] nearest to the middle of a genre's area whose own beat passes: of the
        middle, all points of the map, and the places known to pass."""
        all_z = np.concatenate([genre.centroid[None], self._atlas.points.z, self.homes])
        away = np.linalg.norm((all_z - genre.centroid) / self._atlas.latent.reach, axis=1)
        order = np.argsort(away, kind="stable")
        for start in range(0, len(order), CANDIDATES):
            z = all_z[order[start : start + CANDIDATES]].astype(np.float32)
            passing = np.flatnonzero(self.filter.passes(pack(self.hits(z)[1])))
            if len(passing):
                found: Floats = z[passing[0]]
                return found
        raise AssertionError("homes pass")

    def _natural(self, z: Floats, novelty: bool) -> Place:
        p, hits = self.hits(z[None, :])
        own = pack(hits)
        if self.filter.passes(own, novelty)[0]:
            return self._place(z, 0.0, p[0], hits[0], own[0])
        near, far = ((z + ring).astype(np.float32) for ring in self.rings)
        for candidates in (near, far, self._homes_near(z)):
            found = self._likest(candidates, z, own, novelty)
            if found:
                return found
        raise AssertionError("homes pass")  # _find_homes saw to it

    def _shaped(self, place: Place, density: Density, novelty: bool) -> Place:
        """The beat of a place at a density; where that would not pass, the density gives way
        towards the natural one, which does."""
        for share in _RELAX:
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

    def _likest(
        self, candidates: Floats, origin: Floats, own: NDArray[np.uint16], novelty: bool
    ) -> Place | None:
        """Of candidates [n, 4] that pass, the one that is most like the beat `own` [1, 32] which
        does not: so a knob that turns from one to the other changes little."""
        p, hits = self.hits(candidates)
        codes = pack(hits)
        moved = np.linalg.norm((candidates - origin) / self._atlas.latent.reach, axis=1)
        unlike = np.bitwise_count(codes ^ own).sum(axis=1) + _CELLS_A_DEVIATION * moved
        lively = self.filter.lively(codes)
        for i in np.argsort(unlike, kind="stable"):
            if lively[i] and not (novelty and self.filter.is_known(codes[i])):
                return self._place(candidates[i], float(moved[i]), p[i], hits[i], codes[i])
        return None

    def _place(
        self, z: Floats, moved: float, p: Floats, hits: Grid, code: NDArray[np.uint16]
    ) -> Place:
        return Place(z, moved, p, hits, self._atlas.thresholds, tuple(code.tolist()))
