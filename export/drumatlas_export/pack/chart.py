"""The 2-D map: t-SNE of training and generated points, and the genre areas on it."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from drumatlas.atlas.model import GENERATED, TRAINING, Genre, MapPoints
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.space import Space

TRAINING_POINTS = 3000  # grey dots of the article's map
GENERATED_POINTS = 1000
LEAST_IN_GENRE = 25  # beats; fewer make no area
MOST_GENRES = 24
AREA = 100  # neighbours that make up the core of a genre
_MAP_NEIGHBOURS = 9  # map points near a genre's centre whose middle is its place on the map


def genre_names(labels: list[list[str]]) -> list[str]:
    """Names with enough beats, most frequent first; a beat counts for its first genre."""
    counts = Counter(name for name in map(first_genre, labels) if name)
    return [name for name, n in counts.most_common(MOST_GENRES) if n >= LEAST_IN_GENRE]


def generated_points(space: Space, n: int, seed: int) -> NDArray[np.float32]:
    """n points of the prior whose own decode passes the filter, novelty included."""
    barred = BeatFilter(space.known)
    kept: list[NDArray[np.float32]] = []
    for attempt in range(50):
        z = space.sample(n, seed + attempt)
        kept.append(z[barred.passes(space.codes(z))])
        if sum(map(len, kept)) >= n:
            break
    return np.concatenate(kept)[:n]


def chart(
    space: Space, z: NDArray[np.float32], labels: list[list[str]], seed: int
) -> tuple[MapPoints, tuple[Genre, ...]]:
    """Map points and genre areas. z [n, 4] are the encodings of all the model's beats, those of
    held-out songs too; labels theirs.

    Latent axes are scaled to unit deviation first, so that none rules the neighbourhoods.
    """
    names = genre_names(labels)
    index_of = {name: i for i, name in enumerate(names)}
    genre = np.array([index_of.get(first_genre(words), -1) for words in labels], np.int16)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(z))[:TRAINING_POINTS])
    fresh = generated_points(space, GENERATED_POINTS, seed)
    points = np.concatenate([z[chosen], fresh])
    scaled = (points - space.centre) / space.reach
    xy = _tsne(scaled, seed)
    origin = np.repeat(np.array([TRAINING, GENERATED], np.uint8), [len(chosen), len(fresh)])
    map_genre = np.concatenate([genre[chosen], np.full(len(fresh), -1, np.int16)])
    everywhere = (z - space.centre) / space.reach
    near = NearestNeighbors(n_neighbors=min(AREA, len(z))).fit(everywhere)
    areas = []
    for i, name in enumerate(names):
        core = core_of(near, everywhere, genre == i)
        centroid = z[core].mean(axis=0)
        away = ((scaled - (centroid - space.centre) / space.reach) ** 2).sum(axis=1)
        place = np.median(xy[np.argsort(away, kind="stable")[:_MAP_NEIGHBOURS]], axis=0)
        count = int((genre == i).sum())
        areas.append(Genre(name, centroid, z[core].std(axis=0), place.astype(np.float32), count))
    return MapPoints(points, xy, origin, map_genre), tuple(areas)


def core_of(
    near: NearestNeighbors, everywhere: NDArray[np.float32], is_own: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Row numbers of a genre's most typical beats: its own among the neighbours of that one of
    its beats around which it is most frequent.

    A genre's mean would do for round areas, but most genres lie in several islands around the
    middle of the space, and their means all meet in the middle.
    """
    own = np.flatnonzero(is_own)
    around = near.kneighbors(everywhere[own], return_distance=False)
    densest = around[int(is_own[around].sum(axis=1).argmax())]
    core: NDArray[np.int64] = densest[is_own[densest]]
    return core


def _tsne(points: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """[n, 4] -> [n, 2] in -1..1."""
    perplexity = min(50.0, max(2.0, len(points) / 4))
    xy = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(points)
    xy = xy - (xy.max(axis=0) + xy.min(axis=0)) / 2
    result: NDArray[np.float32] = (xy / np.abs(xy).max()).astype(np.float32)
    return result
