"""Snapshots: everything needed to restore a place and its sound, in memory and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drumatlas.errors import StateError
from drumatlas.explore.controls import DEFAULTS, SLOTS

PROGRAMS = 128  # numbers of a MIDI program change
KNOB_LIMIT = 1e3  # knob turns; in a real atlas every genre is within 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Saved state of the explorer.

    `knobs` are 4 turns, outside 0..1 for points that the knobs cannot reach. `values` holds every
    value control, 0..1. `novelty` says whether training beats are barred.
    """

    knobs: tuple[float, ...]
    values: Mapping[str, float]
    novelty: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that `snapshot_of` reads."""
        return {
            "knobs": list(self.knobs),
            "values": dict(self.values),
            "novelty": self.novelty,
        }


def _number(value: object, low: float, high: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StateError(f"{what} is not a number")
    if not low <= value <= high:  # also false for NaN; isfinite fails at huge integers
        raise StateError(f"{what} is {value!r}, not in {low:g}..{high:g}")
    return float(value)


def snapshot_of(entry: object) -> Snapshot:
    """Return the snapshot in a JSON value. Raise StateError if it is not one.

    Missing controls get their defaults. Unknown names, as from a later version, are ignored.
    """
    if not isinstance(entry, dict):
        raise StateError("a snapshot is not a JSON object")
    knobs, values = entry.get("knobs"), entry.get("values")
    if not isinstance(knobs, list) or len(knobs) != 4 or not isinstance(values, dict):
        raise StateError("a snapshot needs 'knobs' (4 numbers) and 'values' (an object)")
    novelty = entry.get("novelty", True)
    if not isinstance(novelty, bool):
        raise StateError("'novelty' is not true or false")
    turns = tuple(_number(knob, -KNOB_LIMIT, KNOB_LIMIT, "a knob") for knob in knobs)
    known = {n: _number(v, 0, 1, n) for n, v in values.items() if n in DEFAULTS}
    return Snapshot(turns, DEFAULTS | known, novelty)


# The corners of the morph square are slots a, b (below) and c, d (above). A corner whose slot is
# empty takes the first saved one of its row: vertical neighbour, horizontal, opposite corner.
CORNERS = ("acbd", "bdac", "cadb", "dbca")


def morph_knobs(
    snapshots: Mapping[str, Snapshot], across: float, up: float
) -> tuple[float, ...] | None:
    """Return the knobs (4 turns) at a point of the square whose corners are the slots a..d.

    `across` and `up` are 0..1; at `up` 0 the point lies between a and b. The knobs are
    interpolated bilinearly. Return None if fewer than two slots are saved.
    """
    if sum(slot in snapshots for slot in SLOTS) < 2:
        return None
    corners = [
        next(snapshots[slot].knobs for slot in order if slot in snapshots) for order in CORNERS
    ]
    weights = ((1 - across) * (1 - up), across * (1 - up), (1 - across) * up, across * up)
    return tuple(
        sum(weight * turn for weight, turn in zip(weights, turns, strict=True))
        for turns in zip(*corners, strict=True)
    )


def snapshot_names() -> tuple[str, ...]:
    """Return all names that a snapshot may have: slots a..d and programs '0'..'127'."""
    return (*SLOTS, *(str(program) for program in range(PROGRAMS)))


def name_of_program(program: int, snapshots: Mapping[str, Snapshot]) -> str:
    """Return the name of the snapshot that program 0..127 recalls, '' for none.

    Programs 0..3 recall slots a..d until a snapshot of their own is saved.
    """
    if str(program) in snapshots:
        return str(program)
    slot = SLOTS[program] if program < len(SLOTS) else ""
    return slot if slot in snapshots else ""
