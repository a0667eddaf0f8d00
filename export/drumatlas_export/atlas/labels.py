"""The labelled places that vote for the genre of any other place, and the families of genres.

Beats of frequent genres would outvote all others everywhere, so each genre has a total weight
between an equal one and one by the number of its beats. A genre that would still have no area on
the map gets more weight, step by step, until it has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Family, Floats, Labels
from drumatlas.beat.codes import grids
from drumatlas.explore.genre import family_of, genre_votes, winners
from drumatlas_export.atlas.land import is_land, latent_of, middles
from drumatlas_export.space import Space
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.textbook.families import FAMILIES
from drumatlas_export.textbook.families import family_of as family_name

COLOURS = 10  # of the page's palette; families in FAMILIES always have the same
VOTERS = 64  # most labelled places of a genre
# Blur and power of the votes, and exponents of the number of beats in a total weight (0: equal
# weights). Of 40 settings, these name most genres of a quarter of the beats from the others (family
# .48, genre .31), and 96 % of the textbook's plain patterns.
BLUR, POWER = 0.25, 3
FAMILY_SHARE, GENRE_SHARE = 0.5, 0.25
_SIDE = 64  # cells along each side of the map on which areas are counted
_AREA = 3  # cells of land that a genre has at least
_MORE, _STEPS = 1.3, 40  # how much weight a genre without an area gains, and how often

Doubles = NDArray[np.float64]


def by_family(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    """Return the genres `names` by families: the family with the most beats first, and its most
    frequent genre first."""
    number = dict(zip(names, counts, strict=True))
    total: dict[str, int] = {}
    for name in names:
        total[_family(name)] = total.get(_family(name), 0) + number[name]
    order = sorted(total, key=lambda family: -total[family])
    return sorted(names, key=lambda name: (order.index(_family(name)), -number[name]))


def families(names: Sequence[str]) -> tuple[Family, ...]:
    """Return the families of the genres `names`. A genre that FAMILIES does not have is a family of
    its own."""
    members: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        members.setdefault(_family(name), []).append(index)
    known = {family: colour for colour, family in enumerate(FAMILIES)}
    free = [colour for colour in range(COLOURS) if colour not in {known.get(f) for f in members}]
    own = [family for family in members if family not in known]
    colours = known | {
        family: (free or list(range(COLOURS)))[i % (len(free) or COLOURS)]
        for i, family in enumerate(own)
    }
    return tuple(Family(name, colours[name], tuple(rows)) for name, rows in members.items())


def _family(name: str) -> str:
    return family_name(name) or name


@dataclass(frozen=True, slots=True)
class Taught:
    """The hand-written beats of the textbook: the style of each [n], and the place z [n, 4] where
    the box lands with it."""

    styles: tuple[str, ...]
    z: Floats

    def of(self, names: Sequence[str]) -> tuple[Floats, NDArray[np.int16]]:
        """Return the places [m, 4] of those whose style is in `names`, and its index there [m]."""
        genre = np.array(
            [names.index(one) if one in names else -1 for one in self.styles], np.int16
        )
        return self.z[genre >= 0], genre[genre >= 0]


def taught_by(space: Space) -> Taught:
    """Return the textbook's beats in a space."""
    beats = [(style.name, beat.code) for style in read_textbook() for beat in style.beats]
    return Taught(
        tuple(name for name, _ in beats), space.places(grids([code for _, code in beats]))
    )


def voters(
    z: Floats, genre: NDArray[np.int16], taught: tuple[Floats, NDArray[np.int16]], seed: int
) -> Labels:
    """Return labels that give each genre the same weight: at most VOTERS places of each, and those
    of the textbook's beats, so that a beat of a style is found with the style.

    `genre` [n] is the index of the genre of each beat at z [n, 4], -1 for none; `taught` are places
    and genres of the textbook's. `land` has no cells yet.
    """
    rng = np.random.default_rng([seed, 16])
    rows = [
        np.sort(rng.permutation(np.flatnonzero(genre == index))[:VOTERS])
        for index in range(int(genre.max()) + 1)
    ]
    chosen = np.concatenate(rows)
    place = np.concatenate([z[chosen], taught[0]]).astype(np.float32)
    label = np.concatenate([genre[chosen], taught[1]])
    weight = (1 / np.maximum(np.bincount(label), 1))[label].astype(np.float32)
    return Labels(place, label, weight, BLUR, POWER, np.zeros((0, 0), np.uint8))


def weights(atlas: Atlas, counts: Sequence[int]) -> tuple[Doubles, NDArray[np.int64]]:
    """Return the total weight of each genre [genres], and how many of 64 * 64 cells of the map's
    land each then has [genres].

    The atlas' labels give each genre the same weight, and `counts` are the genres' beats.
    """
    family, number = family_of(atlas), np.array(counts, np.float64)
    weight = number**GENRE_SHARE
    for index in range(len(atlas.families)):
        own = family == index
        weight[own] *= number[own].sum() ** FAMILY_SHARE / weight[own].sum()
    dry = is_land(atlas, _SIDE).ravel()
    votes = genre_votes(atlas, latent_of(atlas, middles(_SIDE)[dry]))
    for _ in range(_STEPS):
        cells = np.bincount(winners(votes * weight, family)[1], minlength=len(weight))
        if (cells >= _AREA).all():
            break
        weight[cells < _AREA] *= _MORE
    cells = np.bincount(winners(votes * weight, family)[1], minlength=len(weight))
    return weight / weight.min(), cells
