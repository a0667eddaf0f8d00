"""Snapshots: everything needed to hear a place again, in memory and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drumatlas.errors import StateError
from drumatlas.explore.controls import DEFAULTS, SLOTS

PROGRAMS = 128  # of MIDI's program change
KNOB_LIMIT = 1e3  # knob turns; the farthest genre of a real atlas is within 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the knobs are (4 turns, beyond 0..1 off their ends), every value control, and
    whether training beats are barred."""

    knobs: tuple[float, ...]
    values: Mapping[str, float]
    novelty: bool = True

    def to_json(self) -> dict[str, Any]:
        """As `from_json` reads it."""
        return {
            "knobs": list(self.knobs),
            "values": dict(self.values),
            "novelty": self.novelty,
        }


def _number(value: object, low: float, high: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StateError(f"{what} is not a number")
    if not low <= value <= high:  # nor is NaN; isfinite fails at huge integers
        raise StateError(f"{what} is {value!r}, not in {low:g}..{high:g}")
    return float(value)


def snapshot_of(entry: object) -> Snapshot:
    """The snapshot in a JSON value; StateError says what is wrong. Controls that it does not
    name stand at their defaults, names that are unknown (of a later version) are left out."""
    if not isinstance(entry, dict):
        raise StateError("a snapshot is not an object")
    knobs, values = entry.get("knobs"), entry.get("values")
    if not isinstance(knobs, list) or len(knobs) != 4 or not isinstance(values, dict):
        raise StateError("a snapshot wants 'knobs', 4 numbers, and 'values', an object")
    novelty = entry.get("novelty", True)
    if not isinstance(novelty, bool):
        raise StateError("'novelty' is not true or false")
    turns = tuple(_number(knob, -KNOB_LIMIT, KNOB_LIMIT, "a knob") for knob in knobs)
    known = {n: _number(v, 0, 1, n) for n, v in values.items() if n in DEFAULTS}
    return Snapshot(turns, DEFAULTS | known, novelty)


# Corner by corner of the morph square (a and b below, c and d above), the slots that stand for it,
# the first that is kept: its own, then across the side that is left and right, then the rest.
_CORNERS = ("acbd", "bdac", "cadb", "dbca")


def morphed(kept: Mapping[str, Snapshot], across: float, up: float) -> tuple[float, ...] | None:
    """Knobs (4 turns) at a point 0..1 of the square whose corners are the slots a..d: bilinear, so
    through latent space. With `up` 0 it is the way from a to b. None with fewer than two kept."""
    if sum(slot in kept for slot in SLOTS) < 2:
        return None
    corners = [next(kept[slot].knobs for slot in order if slot in kept) for order in _CORNERS]
    weights = ((1 - across) * (1 - up), across * (1 - up), (1 - across) * up, across * up)
    return tuple(
        sum(weight * turn for weight, turn in zip(weights, turns, strict=True))
        for turns in zip(*corners, strict=True)
    )


def names() -> tuple[str, ...]:
    """Where snapshots may be kept: slots a..d, and programs '0'..'127'."""
    return (*SLOTS, *(str(program) for program in range(PROGRAMS)))


def place_of_program(program: int, kept: Mapping[str, Snapshot]) -> str:
    """The name under which program 0..127 finds its snapshot, '' for none: its own, and until
    it has one, programs 0..3 mean slots a..d."""
    if str(program) in kept:
        return str(program)
    slot = SLOTS[program] if program < len(SLOTS) else ""
    return slot if slot in kept else ""
