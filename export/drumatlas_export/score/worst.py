"""Combine several runs of `evaluate`: the worst value, the mean and the spread of each measure."""

from collections.abc import Callable, Sequence
from typing import Any

from drumatlas_export.score.table import REAL

_COMPARISON = "against_held_out"  # the table whose row REAL holds the values of real beats
# Lower is better for these measures, and for every measure of these tables.
_LOWER = {"empty", "auc", "spread", "styles_missing"}
_LOWER_TABLES = {"smoothness_cells", "map_inverse"}
# Nearer to the value of real beats is better for these measures of the comparison.
_LIKE_REAL = {"bars_equal", "differing_cells", "hits", "voices_a_beat"}

Keys = tuple[str, ...]  # of a measure, from the outermost table to its name


def worst(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the worst value of each measure, nested as one run, without names and seeds.

    Of a measure that should be as that of real beats, it is the value farthest from the mean of the
    runs' real beats. For other measures it is the lowest or the highest value.
    """
    real = mean(runs).get(_COMPARISON, {}).get(REAL, {})

    def of(keys: Keys, values: list[float]) -> float:
        name = keys[-1]
        if keys[0] == _COMPARISON and name in _LIKE_REAL and name in real:
            return max(values, key=lambda value: abs(value - real[name]))
        is_lower_better = keys[0] in _LOWER_TABLES or name in _LOWER
        return max(values) if is_lower_better else min(values)

    return _joined(runs, of)


def mean(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of each measure, rounded to 4 digits, nested as one run."""
    return _joined(runs, lambda _, values: round(sum(values) / len(values), 4))


def spread(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the largest minus the smallest value of each measure, nested as one run."""
    return _joined(runs, lambda _, values: round(max(values) - min(values), 4))


def _joined(
    runs: Sequence[dict[str, Any]],
    join: Callable[[Keys, list[float]], float],
    tables: Keys = (),
) -> dict[str, Any]:
    """Return each measure's values joined. One that some runs lack, as checkpoints lack those of a
    map, is joined over the others."""
    result: dict[str, Any] = {}
    for key in dict.fromkeys(key for run in runs for key in run):
        values = [run[key] for run in runs if key in run]
        keys = (*tables, key)
        if isinstance(values[0], dict):
            result[key] = _joined(values, join, keys)
        elif not isinstance(values[0], str) and key != "seed":
            result[key] = join(keys, values)
    return result
