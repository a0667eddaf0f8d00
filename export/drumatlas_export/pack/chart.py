"""The 2-D map: t-SNE of training and generated points, and the genre areas on it."""

from collections import Counter

import numpy as np
from drumatlas.atlas.model import GENERATED, TRAINING, Genre, MapPoints
from drumatlas.beat.codes import pack
from drumatlas.explore.filters import BeatFilter
from numpy.typing import NDArray
from sklearn.manifold import TSNE

from drumatlas_export.mine.job import WINDOW_LABEL
from drumatlas_export.space import Space

TRAINING_POINTS = 3000  # grey dots of the article's map
GENERATED_POINTS = 1000
LEAST_IN_GENRE = 25  # beats; fewer make no area
MOST_GENRES = 24


def genre_names(labels: list[list[str]]) -> list[str]:
    """Names with enough beats, most frequent first; a beat counts for its first genre."""
    counts = Counter(name for name in map(first_genre, labels) if name)
    return [name for name, n in counts.most_common(MOST_GENRES) if n >= LEAST_IN_GENRE]


def first_genre(labels: list[str]) -> str | None:
    """The first label that is a genre."""
    return next((word for word in labels if word != WINDOW_LABEL), None)


def generated_points(space: Space, n: int, seed: int) -> NDArray[np.float32]:
    """n points of the prior whose own decode passes the filter, novelty included."""
    barred = BeatFilter(space.known)
    kept: list[NDArray[np.float32]] = []
    for attempt in range(50):
        z = space.sample(n, seed + attempt)
        kept.append(z[barred.passes(pack(space.hits(z)))])
        if sum(map(len, kept)) >= n:
            break
    return np.concatenate(kept)[:n]


def chart(
    space: Space, z: NDArray[np.float32], labels: list[list[str]], seed: int
) -> tuple[MapPoints, tuple[Genre, ...]]:
    """Map points and genre areas. z [n, 4] are the training encodings, labels theirs.

    Latent axes are scaled to unit deviation first, so that none rules the neighbourhoods.
    """
    names = genre_names(labels)
    index_of = {name: i for i, name in enumerate(names)}
    genre = np.array([index_of.get(first_genre(words) or "", -1) for words in labels], np.int16)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(z))[:TRAINING_POINTS])
    fresh = generated_points(space, GENERATED_POINTS, seed)
    points = np.concatenate([z[chosen], fresh])
    xy = _tsne((points - space.centre) / space.reach, seed)
    origin = np.repeat(np.array([TRAINING, GENERATED], np.uint8), [len(chosen), len(fresh)])
    map_genre = np.concatenate([genre[chosen], np.full(len(fresh), -1, np.int16)])
    areas = tuple(_area(name, z[genre == i], xy[map_genre == i]) for i, name in enumerate(names))
    return MapPoints(points, xy, origin, map_genre), areas


def _tsne(points: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """[n, 4] -> [n, 2] in -1..1."""
    perplexity = min(30.0, max(2.0, len(points) / 4))
    xy = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(points)
    xy = xy - (xy.max(axis=0) + xy.min(axis=0)) / 2
    result: NDArray[np.float32] = (xy / np.abs(xy).max()).astype(np.float32)
    return result


def _area(name: str, z: NDArray[np.float32], xy: NDArray[np.float32]) -> Genre:
    """Robust centre (median), since a genre's outliers lie all over the space."""
    place = np.median(xy, axis=0) if len(xy) else np.zeros(2)
    return Genre(
        name,
        np.median(z, axis=0).astype(np.float32),
        z.std(axis=0).astype(np.float32),
        place.astype(np.float32),
        len(z),
    )
