"""The beat of a place: the decoder's own where it passes the filter, else the nearest that does.

Deterministic: the same place, density and atlas give the same beat, always.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import GENERATED, LATENT, Atlas, Floats
from drumatlas.beat.codes import Code, Grid, pack
from drumatlas.errors import AtlasError
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.shape import Density, thresholds_at

CANDIDATES = 64
NEAR = 0.65  # prior deviations; a passing place is found within for over 99.7 % of all places
FAR = 4.0  # second ring, for places in an empty quarter
_HOMES = 256  # places known to pass, spread over the atlas; the last resort
_RELAX = (0.0, 0.25, 0.5, 0.75, 1.0)  # how far density gives way where nothing else helps


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
    """The beats of an atlas. Raises AtlasError at once if not one place of it passes."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self.filter = BeatFilter(atlas.known)
        self._homes = self._find_homes()

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
            homes.extend(some[self.filter.passes(pack(self.hits(some, Density())[1]))])
            if len(homes) >= _HOMES:
                break
        if not homes:
            raise AtlasError(f"atlas '{atlas.name}': no place in it gives a beat that may play")
        return np.stack(homes)

    def hits(self, z: Floats, density: Density) -> tuple[Floats, Grid, Floats]:
        """One decode a point: z [n, 4] to (p [n, 32, 14], hits [n, 32, 14], thresholds [14])."""
        p = self._atlas.decode(z)
        thresholds = thresholds_at(self._atlas.thresholds, density)
        return p, p > thresholds, thresholds

    def at(self, z: Floats, density: Density | None = None, novelty: bool = True) -> Place:
        """The beat that plays at z [4]: own decode, else nearest that passes; never silent.

        `novelty` bars training beats. Where a density is so thin or thick that nothing around
        passes, it gives way towards the natural one.
        """
        density = density or Density()
        own = self._first(z[None, :], z, density, novelty)
        if own:
            return own
        reach = self._atlas.latent.reach
        near = (z + reach * _UNIT * _RADII[:, None] * NEAR).astype(np.float32)
        far = (z + reach * _UNIT * (NEAR + (FAR - NEAR) * _RADII[:, None])).astype(np.float32)
        for share in _RELAX:
            relaxed = density.towards_natural(share)
            for candidates in (near, far, self._homes_near(z)):
                found = self._first(candidates, z, relaxed, novelty)
                if found:
                    return found
        raise AssertionError("homes pass at natural density")  # _find_homes saw to it

    def _homes_near(self, z: Floats) -> Floats:
        distance = np.linalg.norm((self._homes - z) / self._atlas.latent.reach, axis=1)
        nearest: Floats = self._homes[np.argsort(distance, kind="stable")[:CANDIDATES]]
        return nearest

    def _first(
        self, candidates: Floats, origin: Floats, density: Density, novelty: bool
    ) -> Place | None:
        """The first of candidates [n, 4] whose beat passes."""
        p, hits, thresholds = self.hits(candidates, density)
        codes = pack(hits)
        for i in np.flatnonzero(self.filter.lively(codes)):
            if novelty and self.filter.is_known(codes[i]):
                continue
            z = candidates[i]
            moved = float(np.linalg.norm((z - origin) / self._atlas.latent.reach))
            return Place(z, moved, p[i], hits[i], thresholds, tuple(codes[i].tolist()))
        return None
