"""How like beats of held-out songs a set of beats is: precision, recall, and a classifier's AUC."""

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
from drumatlas_export.score.songs import Heard

NEIGHBOURS = 3
_FOLDS = 5
_MAIN = (0, 1, 2, 5, 8)  # kick, snare, closed and open hat, ride


def precision_recall(made: Grid, real: Grid) -> tuple[float, float]:
    """Shares of `made` within the manifold of `real`, and of `real` within that of `made`.

    A manifold is the union of balls around its beats, each as wide as its 3rd nearest of the
    same set is far (Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing
    Generative Models", 2019). For sets of equal size; (0, 0) for fewer than 4 beats.
    """
    if min(len(made), len(real)) <= NEIGHBOURS:
        return 0.0, 0.0
    between = distances(made, real)
    # The nearest of all is the beat itself.
    width_of_real = np.sort(distances(real, real), axis=1)[:, NEIGHBOURS]
    width_of_made = np.sort(distances(made, made), axis=1)[:, NEIGHBOURS]
    precision = (between <= width_of_real).any(axis=1).mean()
    recall = (between <= width_of_made[:, None]).any(axis=0).mean()
    return float(precision), float(recall)


def features(beats: Grid) -> NDArray[np.float64]:
    """What tells beats [n, 32, 14] apart, [n, features]: hits per voice, per quarter and per 16th
    of a quarter, self-similarity at lags 1 to 16, co-occurrence of the main voices, entropy."""
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


def auc(made: Heard, real: Heard, seed: int) -> float:
    """Area under the curve of a gradient-boosted classifier told `made` from `real`, on songs that
    it did not see; no song stands on both sides. 0.5: it can't tell them apart. 1 where a side has
    too few to ask: under 10 beats, or beats of under 5 songs, one for each part of the whole."""
    songs_of_each = min(len(np.unique(side.songs)) for side in (made, real))
    if min(len(made.bits), len(real.bits)) < 2 * _FOLDS or songs_of_each < _FOLDS:
        return 1.0
    x = np.concatenate([features(made.bits), features(real.bits)])
    y = np.repeat([1, 0], [len(made.bits), len(real.bits)])
    songs = np.concatenate([2 * made.songs, 2 * real.songs + 1])
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    judge = HistGradientBoostingClassifier(random_state=seed)
    with threadpool_limits(1):  # so small a job only waits for other threads
        guess = cross_val_predict(judge, x, y, groups=songs, cv=folds, method="predict_proba")
    return float(roc_auc_score(y, guess[:, 1]))
