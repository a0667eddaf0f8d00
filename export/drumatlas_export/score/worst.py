"""Combine several runs of `evaluate`: the worst value and the spread of each measure."""

from collections.abc import Callable, Sequence
from typing import Any

# Measures for which lower is better: their keys, or the key of the table that holds them.
_LOWER = {"empty", "auc", "smoothness_cells", "map_inverse", "spread"}


def worst(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the worst value of each measure, nested as one run, without names and seeds."""
    return _joined(runs, lambda values, lower: max(values) if lower else min(values))


def spread(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the largest minus the smallest value of each measure, nested as one run."""
    return _joined(runs, lambda values, _: round(max(values) - min(values), 4))


def _joined(
    runs: Sequence[dict[str, Any]],
    join: Callable[[list[float], bool], float],
    lower: bool = False,
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in runs[0].items():
        values = [run[key] for run in runs if key in run]
        is_lower = lower or key in _LOWER
        if isinstance(value, dict):
            result[key] = _joined(values, join, is_lower)
        elif not isinstance(value, str) and key != "seed":
            result[key] = join(values, is_lower)
    return result
