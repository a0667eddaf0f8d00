"""The 2-D map: t-SNE of training and generated points, and the genres on it."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from drumatlas.atlas.model import (
    GENERATED,
    TRAINING,
    Atlas,
    Family,
    Floats,
    Genre,
    Labels,
    LatentSpace,
    MapPoints,
)
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.genre import family_of, genre_at
from drumatlas.explore.latent import map_places
from drumatlas_export.atlas.labels import (
    Taught,
    by_family,
    families,
    taught_by,
    voters,
    weights,
)
from drumatlas_export.atlas.land import genres_on_map, label_places, land
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.space import Space

TRAINING_POINTS = 3000  # the grey dots of the article's map
GENERATED_POINTS = 1000
SURPLUS = 1.3  # times as many points are tried, since some don't stand in their family's land
MIN_IN_GENRE = 8  # beats that a genre needs for an area; a style of the textbook has more
MAX_GENRES = 80
LEAST_OF_GENRE = 12  # beats of each genre that are on the map, if it has them
AREA = 100  # neighbours that make up the core of a genre
_TURNS = 12  # rounds in which points outside their family's land are left out


def genre_names(labels: list[list[str]]) -> list[str]:
    """Return the genres with enough beats, most frequent first; a beat counts for its first genre.

    `labels` are those of each beat.
    """
    counts = Counter(name for name in map(first_genre, labels) if name)
    return [name for name, n in counts.most_common(MAX_GENRES) if n >= MIN_IN_GENRE]


def generated_points(space: Space, n: int, seed: int) -> NDArray[np.float32]:
    """Return at most n points of the prior [n, 4] whose beats pass the filter, novelty included."""
    beat_filter = BeatFilter(space.known)
    kept: list[NDArray[np.float32]] = []
    for attempt in range(50):
        z = space.sample(n, seed + attempt)
        kept.append(z[beat_filter.passes(space.codes(z))])
        if sum(map(len, kept)) >= n:
            break
    return np.concatenate(kept)[:n]


@dataclass(frozen=True, slots=True)
class Chart:
    """A map with its genres. Without labelled beats there are no genres, families or labels."""

    points: MapPoints
    genres: tuple[Genre, ...] = ()
    families: tuple[Family, ...] = ()
    labels: Labels | None = None


def chart(space: Space, z: Floats, labels: list[list[str]], seed: int) -> Chart:
    """Return the map's points, the genres with their places, their families and their labels.

    z [n, 4] holds the encodings of all the model's beats, including held-out ones, and `labels` [n]
    their labels. Latent axes are scaled to unit deviation first, so that none dominates distances.
    """
    own = [first_genre(words) for words in labels]
    names = genre_names(labels)
    chosen = _chosen(own, names, np.random.default_rng(seed))
    fresh = generated_points(space, round(SURPLUS * GENERATED_POINTS), seed)
    points = np.concatenate([z[chosen], fresh])
    origin = np.repeat(np.array([TRAINING, GENERATED], np.uint8), [len(chosen), len(fresh)])
    xy = _tsne((points - space.centre) / space.reach, seed)
    found = MapPoints(points, xy, origin, np.full(len(points), -1, np.int16))
    given = _Given(space, z, own, found, taught_by(space) if names else Taught((), z[:0]), seed)
    while names:
        done, missing = _with_genres(given, names)
        if done:
            return done
        names = [name for name in names if name not in missing]
    return Chart(_trimmed(found))


def _chosen(own: list[str], names: list[str], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows of the beats to try on the map: some of each genre, then others at random.

    The first TRAINING_POINTS of them are in order. Those after them replace points that are left
    out.
    """
    order = rng.permutation(len(own))
    rank: Counter[str] = Counter()
    first: list[int] = []
    rest: list[int] = []
    for row in order.tolist():
        rank[own[row]] += 1
        is_first = own[row] in names and rank[own[row]] <= LEAST_OF_GENRE
        (first if is_first else rest).append(row)
    tried = [*first, *rest][: round(SURPLUS * TRAINING_POINTS)]
    return np.array([*sorted(tried[:TRAINING_POINTS]), *tried[TRAINING_POINTS:]], np.intp)


def _trimmed(points: MapPoints) -> MapPoints:
    """Return the first TRAINING_POINTS training points and GENERATED_POINTS generated ones."""
    most = {TRAINING: TRAINING_POINTS, GENERATED: GENERATED_POINTS}
    kept = np.zeros(len(points.z), bool)
    for origin, count in most.items():
        kept[np.flatnonzero(points.origin == origin)[:count]] = True
    return _some(points, kept)


def _some(points: MapPoints, which: NDArray[np.bool_]) -> MapPoints:
    return MapPoints(points.z[which], points.xy[which], points.origin[which], points.genre[which])


@dataclass(frozen=True, slots=True)
class _Given:
    """A space, all its beats (z [n, 4], and the label of each, or ''), points of the map, and the
    textbook's beats."""

    space: Space
    z: Floats
    own: list[str]
    points: MapPoints
    taught: Taught
    seed: int


def _with_genres(given: _Given, names: list[str]) -> tuple[Chart | None, set[str]]:
    """Return the chart with the genres `names`, or None and the names that have no area on the map.

    Points whose place on the map leads back to another family than their own are left out, so that
    each point that is left stands in the colour of its family.
    """
    counts = Counter(given.own)
    names = by_family(names, [counts[name] for name in names])
    index_of = {name: i for i, name in enumerate(names)}
    genre = np.array([index_of.get(name, -1) for name in given.own], np.int16)
    draft = _draft(given, [(name, counts[name]) for name in names])
    even = voters(given.z, genre, given.taught.of(names), given.seed)
    for turn in range(_TURNS):
        weight, cells = weights(replace(draft, labels=even), [counts[name] for name in names])
        if not cells.all():
            return None, {name for name, some in zip(names, cells, strict=True) if not some}
        scaled = (even.weight * weight[even.genre]).astype(np.float32)
        draft = replace(draft, labels=replace(even, weight=scaled))
        draft, is_settled = _settled(draft, is_first=turn == 0)
        if is_settled:
            break
    assert draft.labels is not None
    raster = land(draft)
    on_map, middle = label_places(draft, raster)
    missing = {name for name, place in zip(names, on_map, strict=True) if np.isnan(place).any()}
    if missing:
        return None, missing
    spread = _spread(given, genre)
    genres = tuple(
        Genre(name, middle[i], spread[i], _to_map(draft.points, on_map[i]), counts[name])
        for i, name in enumerate(names)
    )
    return Chart(draft.points, genres, draft.families, replace(draft.labels, land=raster)), set()


def _draft(given: _Given, names: list[tuple[str, int]]) -> Atlas:
    """Return an atlas with the map and the genres (name, number of beats), for `explore.genre`."""
    space = given.space
    nowhere = np.zeros(len(space.centre), np.float32)
    square = np.eye(len(space.centre), dtype=np.float32)
    return Atlas(
        name=space.name,
        latent=LatentSpace(space.centre, space.reach, square, ()),
        thresholds=space.thresholds,
        genres=tuple(Genre(name, nowhere, nowhere, nowhere[:2], n) for name, n in names),
        points=given.points,
        known=space.known,
        decode=space.decode,
        encode=space.encode,
        families=families([name for name, _ in names]),
    )


def _settled(draft: Atlas, *, is_first: bool) -> tuple[Atlas, bool]:
    """Return the atlas with each point's genre and without points that stand in the land of another
    family, and whether there was none. The first time, surplus points go as well."""
    found, genre, _ = genre_at(draft, draft.points.z)
    family = family_of(draft)
    agrees = family[genres_on_map(draft, map_places(draft))] == found
    points = _some(replace(draft.points, genre=genre.astype(np.int16)), agrees)
    points = _trimmed(points) if is_first else points
    return replace(draft, points=points), len(points.z) == len(draft.points.z)


def _to_map(points: MapPoints, place: Floats) -> Floats:
    """Return a place in 0..1 of the map's box in the map's own coordinates."""
    low, high = points.xy.min(axis=0), points.xy.max(axis=0)
    result: Floats = (low + place * (high - low)).astype(np.float32)
    return result


def _spread(given: _Given, genre: NDArray[np.int16]) -> Floats:
    """Return the standard deviation [genres, 4] of each genre's most typical beats."""
    space, z = given.space, given.z
    everywhere = (z - space.centre) / space.reach
    near = NearestNeighbors(n_neighbors=min(AREA, len(z))).fit(everywhere)
    cores = [core_of(near, everywhere, genre == i) for i in range(int(genre.max()) + 1)]
    result: Floats = np.stack([z[core].std(axis=0) for core in cores])
    return result


def core_of(
    near: NearestNeighbors, everywhere: NDArray[np.float32], is_own: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the row numbers of a genre's most typical beats.

    Of the genre's beats, take the one with the most neighbours of the same genre; the result is
    these neighbours. `everywhere` [n, 4] holds all beats, `is_own` [n] marks those of the genre.

    The mean of a genre would do for round areas. But most genres form several islands around the
    middle of the space, so that all their means lie near the middle.
    """
    own = np.flatnonzero(is_own)
    around = near.kneighbors(everywhere[own], return_distance=False)
    densest = around[int(is_own[around].sum(axis=1).argmax())]
    core: NDArray[np.int64] = densest[is_own[densest]]
    return core


def _tsne(points: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Return the map positions [n, 2], in -1..1, of points [n, 4]."""
    perplexity = min(50.0, max(2.0, len(points) / 4))
    xy = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(points)
    xy = xy - (xy.max(axis=0) + xy.min(axis=0)) / 2
    result: NDArray[np.float32] = (xy / np.abs(xy).max()).astype(np.float32)
    return result
