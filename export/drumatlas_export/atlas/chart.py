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

TRAINING_POINTS = 3000  # the grey dots of the article's map
GENERATED_POINTS = 1000
MIN_IN_GENRE = 25  # beats that a genre needs for an area
MAX_GENRES = 24
AREA = 100  # neighbours that make up the core of a genre
_MAP_NEIGHBOURS = 9  # map points nearest to a genre's centroid; their median is its map position


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


def chart(
    space: Space, z: NDArray[np.float32], labels: list[list[str]], seed: int
) -> tuple[MapPoints, tuple[Genre, ...]]:
    """Return the map's points and genre areas.

    z [n, 4] holds the encodings of all the model's beats, including held-out ones, and `labels` [n]
    their labels. Latent axes are scaled to unit deviation first, so that none dominates distances.
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
