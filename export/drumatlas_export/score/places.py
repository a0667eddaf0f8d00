"""What the places of a space hold: what the box's search finds there, and which genres."""

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

PLACES = 500
GENRE_NEIGHBOURS = 10
_BATCH = 25  # places; each has 129 candidates


def searched(
    space: Space, train: Grid, known: BeatFilter, seed: int, places: int = PLACES
) -> dict[str, float]:
    """Shares of the prior's places where the place itself or one of the candidates that the box
    looks at (64 near, 64 beyond) passes, and where one that does is 3 cells or more from every
    training beat."""
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
    """Share of places of which one beat is novel; the nearest are asked first."""
    left = list(range(len(found)))
    for turn in range(max(map(len, found))):
        asked = [i for i in left if len(found[i]) > turn]
        if not asked:
            break
        away = nearest_distance(np.stack([found[i][turn] for i in asked]), train)
        novel = {i for i, far in zip(asked, away, strict=True) if far >= NOVEL_DISTANCE}
        left = [i for i in left if i not in novel]
    return 1 - len(left) / len(found)


def genre_knn(space: Space, train: list[BeatRow], test: list[BeatRow]) -> dict[str, float]:
    """How often the 10 nearest training beats tell a held-out beat's genre: in latent space, by
    raw bits, and by always guessing the most frequent one. Empty if the beats bear no genres."""
    known, asked = (
        [(row, name) for row in rows if (name := first_genre(row.labels))] for rows in (train, test)
    )
    if len(known) < GENRE_NEIGHBOURS or not asked:
        return {}
    names = np.array([name for _, name in known])
    truth = np.array([name for _, name in asked])
    bits, others = (grids([row.code for row, _ in rows]) for rows in (known, asked))
    most = max(sorted(set(names)), key=lambda name: int((names == name).sum()))

    def right(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
        judge = KNeighborsClassifier(GENRE_NEIGHBOURS).fit(x, names)
        return float((judge.predict(y) == truth).mean())

    x, y = bits.astype(np.float32), others.astype(np.float32)
    flat = len(x), len(y)
    return {
        "latent": right(space.encode(x) / space.reach, space.encode(y) / space.reach),
        "bits": right(x.reshape(flat[0], -1), y.reshape(flat[1], -1)),
        "chance": float((truth == most).mean()),
    }
