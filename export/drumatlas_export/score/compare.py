"""Compare beats with those of held-out songs: precision, recall, and the AUC of a classifier."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from drumatlas.beat.codes import STEPS_PER_BAR, STEPS_PER_BEAT, Grid, pack
from drumatlas.explore.filters import entropy
from drumatlas_export.score.measures import distances
from drumatlas_export.score.songs import SongBeats

NEIGHBOURS = 3
_FOLDS = 5
_MAIN = (0, 1, 2, 5, 8)  # kick, snare, closed and open hat, ride


def precision_recall(made: Grid, real: Grid) -> tuple[float, float]:
    """Return (share of `made` in the manifold of `real`, share of `real` in that of `made`), 0..1.

    The manifold of a set is the union of balls around its beats; the radius of a ball is the
    distance to the 3rd nearest beat of the same set (Kynkäänniemi et al., "Improved Precision and
    Recall Metric for Assessing Generative Models", 2019). Both sets should have the same size. The
    result is (0, 0) if either has fewer than 4 beats.
    """
    if min(len(made), len(real)) <= NEIGHBOURS:
        return 0.0, 0.0
    between = distances(made, real)
    # Index 0 is the beat itself.
    width_of_real = np.sort(distances(real, real), axis=1)[:, NEIGHBOURS]
    width_of_made = np.sort(distances(made, made), axis=1)[:, NEIGHBOURS]
    precision = (between <= width_of_real).any(axis=1).mean()
    recall = (between <= width_of_made[:, None]).any(axis=0).mean()
    return float(precision), float(recall)


def features(beats: Grid) -> NDArray[np.float64]:
    """Return the classifier's features [n, features] of beats [n, 32, 14].

    These are the hits per voice, per quarter and, for the main voices, per 16th of a quarter; the
    self-similarity at lags of 1 to 16 steps; the co-occurrence of the main voices; the entropy.
    """
    hits = beats.astype(np.float64)
    n = len(hits)
    quarters = hits.sum(axis=2).reshape(n, -1, STEPS_PER_BEAT)
    lags = [
        (hits * np.roll(hits, lag, axis=1)).sum(axis=(1, 2)) for lag in range(1, STEPS_PER_BAR + 1)
    ]
    total = hits.sum(axis=(1, 2)) + 1e-9
    pairs = [(hits[:, :, a] * hits[:, :, b]).sum(axis=1) for a, b in combinations(_MAIN, 2)]
    where = hits[:, :, _MAIN].reshape(n, -1, STEPS_PER_BEAT, len(_MAIN)).sum(axis=1).reshape(n, -1)
    return np.concatenate(
        [
            hits.sum(axis=1),
            quarters.sum(axis=2),
            where,
            np.stack(lags, axis=1) / total[:, None],
            np.stack(pairs, axis=1),
            entropy(pack(beats))[:, None],
        ],
        axis=1,
    )


def auc(made: SongBeats, real: SongBeats, seed: int) -> float:
    """Return the area under the ROC curve of a classifier that separates `made` from `real`.

    The classifier is gradient-boosted and is cross-validated in 5 folds by song: no song is in both
    training and test. 0.5 means that it can't separate the sets. The result is 1 if a set has under
    10 beats or under 5 songs, too few for the folds.
    """
    songs_of_each = min(len(np.unique(side.songs)) for side in (made, real))
    if min(len(made.bits), len(real.bits)) < 2 * _FOLDS or songs_of_each < _FOLDS:
        return 1.0
    x = np.concatenate([features(made.bits), features(real.bits)])
    y = np.repeat([1, 0], [len(made.bits), len(real.bits)])
    songs = np.concatenate([2 * made.songs, 2 * real.songs + 1])
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    classifier = HistGradientBoostingClassifier(random_state=seed)
    with threadpool_limits(1):  # more threads only slow down a job this small
        probability = cross_val_predict(
            classifier, x, y, groups=songs, cv=folds, method="predict_proba"
        )
    return float(roc_auc_score(y, probability[:, 1]))
