"""The script panel: timed control changes from a JSON-lines file.

{"t": 1.5, "control": "x1", "value": 0.7}
{"t": 4, "press": "next_genre"}
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from drumatlas.errors import ControlError
from drumatlas.explore.controls import Change, press, turn
from drumatlas.files import read_text

MAX_BYTES = 16 << 20
MAX_SECONDS = 24 * 3600.0

T = TypeVar("T")


def _seconds(t: object) -> float:
    if isinstance(t, bool) or not isinstance(t, int | float) or not 0 <= t <= MAX_SECONDS:
        raise ControlError(f"'t' is {t!r}; it must be seconds, 0..{MAX_SECONDS:g}")
    return float(t)


def _parse_line(line: str, parse: Callable[[dict[str, Any]], T]) -> tuple[float, T]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ControlError("not a JSON object") from None
    if not isinstance(entry, dict):
        raise ControlError("not a JSON object")
    return _seconds(entry.get("t")), parse(entry)


def _change(entry: dict[str, Any]) -> Change:
    keys = set(entry)
    if keys == {"t", "press"}:
        return press(entry["press"])
    if keys == {"t", "control", "value"}:
        return turn(entry["control"], entry["value"])
    raise ControlError("expected the keys t, control, value or the keys t, press")


def parse_timed(
    text: str, name: str, parse: Callable[[dict[str, Any]], T]
) -> list[tuple[float, T]]:
    """Return (seconds, result of `parse`) for each line, in chronological order.

    A line is a JSON object whose `t` is its time, 0..MAX_SECONDS; `parse` gets the object. Raise
    ControlError, with `name` and the line number, for an invalid line, and if `parse` raises one.
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            lines.append(_parse_line(line, parse))
        except ControlError as error:
            raise error.within(f"{name}, line {number}") from None
    return sorted(lines, key=lambda line: line[0])


def parse_script(text: str, name: str) -> list[tuple[float, Change]]:
    """Return (seconds, change) in chronological order.

    Raise ControlError, with `name` and the line number, for an invalid line.
    """
    return parse_timed(text, name, _change)


class ScriptPanel:
    """Plays the changes (seconds after `start_ns`, change) of a script."""

    def __init__(self, changes: list[tuple[float, Change]], start_ns: int) -> None:
        self.name = "script"
        self._changes = [(start_ns + round(t * 1e9), change) for t, change in changes]
        self._next = 0

    def poll(self, now_ns: int) -> list[Change]:
        """Return the changes due by `now_ns`."""
        start = self._next
        while self._next < len(self._changes) and self._changes[self._next][0] <= now_ns:
            self._next += 1
        return [change for _, change in self._changes[start : self._next]]

    def close(self) -> None:
        """Do nothing: no file is open."""


def read_script(path: Path) -> list[tuple[float, Change]]:
    """Return the changes in a file. Raise ControlError or FileError that names file and line."""
    return parse_script(read_text(path, MAX_BYTES), str(path))
