"""Score the places of a space: the beats that the box's search finds, genres and families."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from drumatlas.beat.codes import Grid, grids, pack
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.search import rings
from drumatlas_export.mine.genres import first_genre
from drumatlas_export.score.measures import NOVEL_DISTANCE, nearest_distance
from drumatlas_export.space import Space
from drumatlas_export.textbook.families import family_of

PLACES = 500
GENRE_NEIGHBOURS = 10
_BATCH = 25  # places per batch; each has 129 candidates


def searched(
    space: Space, train: Grid, known: BeatFilter, seed: int, places: int = PLACES
) -> dict[str, float]:
    """Return shares, 0..1, of `places` places drawn from the prior.

    At a `passing` place, the beat there or one of the box's other candidates (64 near, 64 farther)
    passes the filter. At a `novel` place, one that passes differs in 3 cells or more from every
    training beat.
    """
    z = space.sample(places, seed)
    near = np.concatenate([np.zeros((1, z.shape[1])), *rings(space.reach)])
    found: list[Grid] = []
    for start in range(0, len(z), _BATCH):
        around = (z[start : start + _BATCH, None] + near).astype(np.float32)
        hits = space.hits(around.reshape(-1, z.shape[1]))
        passing = known.passes(pack(hits)).reshape(len(around), -1)
        hits = hits.reshape(*passing.shape, *hits.shape[1:])
        found += [one[which] for one, which in zip(hits, passing, strict=True)]
    return {
        "passing": float(np.mean([len(one) > 0 for one in found])),
        "novel": _novel(found, train),
    }


def _novel(found: list[Grid], train: Grid) -> float:
    """Return the share of places with a novel beat, comparing the nearest candidates first."""
    remaining = list(range(len(found)))
    for rank in range(max(map(len, found))):
        compared = [i for i in remaining if len(found[i]) > rank]
        if not compared:
            break
        distances = nearest_distance(np.stack([found[i][rank] for i in compared]), train)
        novel = {i for i, one in zip(compared, distances, strict=True) if one >= NOVEL_DISTANCE}
        remaining = [i for i in remaining if i not in novel]
    return 1 - len(remaining) / len(found)


def genre_knn(space: Space, train: Sequence[BeatRow], test: Sequence[BeatRow]) -> dict[str, float]:
    """Return how often the 10 nearest training beats predict the genre of a held-out beat, 0..1.

    `latent` searches in latent space, `bits` in the beats' cells; `chance` always predicts the most
    frequent genre. Beats without a genre are left out. The result is empty if too few remain.
    """
    return _knn(space, train, test, lambda row: first_genre(row.labels))


def family_knn(space: Space, train: Sequence[BeatRow], test: Sequence[BeatRow]) -> dict[str, float]:
    """Return what `genre_knn` does, but for the families of the genres. Beats whose genre has no
    family are left out."""
    return _knn(space, train, test, lambda row: family_of(first_genre(row.labels)))


def _knn(
    space: Space,
    train: Sequence[BeatRow],
    test: Sequence[BeatRow],
    name_of: Callable[[BeatRow], str],  # '' for a beat to leave out
) -> dict[str, float]:
    known, asked = (
        [(row, name) for row in rows if (name := name_of(row))] for rows in (train, test)
    )
    if len(known) < GENRE_NEIGHBOURS or not asked:
        return {}
    names = np.array([name for _, name in known])
    truth = np.array([name for _, name in asked])
    bits, others = (grids([row.code for row, _ in rows]) for rows in (known, asked))
    commonest = max(sorted(set(names)), key=lambda name: int((names == name).sum()))

    def accuracy(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
        classifier = KNeighborsClassifier(GENRE_NEIGHBOURS).fit(x, names)
        return float((classifier.predict(y) == truth).mean())

    x, y = bits.astype(np.float32), others.astype(np.float32)
    flat = len(x), len(y)
    return {
        "latent": accuracy(space.encode(x) / space.reach, space.encode(y) / space.reach),
        "bits": accuracy(x.reshape(flat[0], -1), y.reshape(flat[1], -1)),
        "chance": float((truth == commonest).mean()),
    }
