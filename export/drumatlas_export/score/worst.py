"""Several runs of `evaluate` as one: the worst of each measure, and how far they lie apart."""

from collections.abc import Callable, Sequence
from typing import Any

# Measures that are better when lower, by the last part of their name or of the one above it.
_LOWER = {"empty", "auc", "smoothness_cells", "map_inverse", "spread"}


def worst(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The worst value of each measure, in the shape of one run; names and seeds are left out."""
    return _joined(runs, lambda values, lower: max(values) if lower else min(values))


def spread(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Largest less smallest value of each measure, in the shape of one run."""
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
