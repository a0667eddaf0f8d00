"""What outlives the power: one JSON file, written whole, with the one before it kept."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drumatlas import folders
from drumatlas.errors import DrumatlasError, StateError
from drumatlas.explore.controls import BUTTONS, VALUES
from drumatlas.explore.snapshot import Snapshot, names, snapshot_of
from drumatlas.files import atomic, is_there, naming, read_text
from drumatlas.play.timeline import MAX_TEMPO, MIN_TEMPO

VERSION = 1
FILE, PREVIOUS = "state.json", "state.previous.json"
MAX_BYTES = 4 << 20  # 132 snapshots have 100 KB
_NAMES = frozenset(names())


@dataclass(frozen=True, slots=True)
class Kept:
    """A box as it was left: where it is, its tempo (BPM), its snapshots by name, and which
    MIDI controllers (0..119) were learnt for which control or button."""

    place: Snapshot
    bpm: float
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    learned: Mapping[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As `kept_of` reads it."""
        return {
            "version": VERSION,
            "place": self.place.to_json(),
            "bpm": self.bpm,
            "snapshots": {name: kept.to_json() for name, kept in self.snapshots.items()},
            "learned": {str(number): name for number, name in self.learned.items()},
        }


def kept_of(entry: object) -> Kept:
    """The state in a JSON value; StateError says what is wrong."""
    if not isinstance(entry, dict) or entry.get("version") != VERSION:
        raise StateError(f"not a state of version {VERSION}")
    bpm, snapshots = entry.get("bpm"), entry.get("snapshots")
    if isinstance(bpm, bool) or not isinstance(bpm, int | float):
        raise StateError("'bpm' is not a number")
    if not MIN_TEMPO <= bpm <= MAX_TEMPO:
        raise StateError(f"'bpm' is {bpm}, not in {MIN_TEMPO:g}..{MAX_TEMPO:g}")
    if not isinstance(snapshots, dict) or not set(snapshots) <= _NAMES:
        raise StateError("'snapshots' is not an object with names a..d and 0..127")
    kept = {name: snapshot_of(one) for name, one in snapshots.items()}
    learned = _learned_of(entry.get("learned", {}))
    return Kept(snapshot_of(entry.get("place")), float(bpm), kept, learned)


def _learned_of(entry: object) -> dict[int, str]:
    if not isinstance(entry, dict):
        raise StateError("'learned' is not an object")
    learned = {}
    for number, name in entry.items():
        if number not in _NUMBERS:
            raise StateError(f"'learned' has {number!r}, not a controller 0..119")
        if name in VALUES or name in BUTTONS:  # others are of a later version
            learned[int(number)] = name
    return learned


_NUMBERS = frozenset(str(number) for number in range(120))


def state_folder(wanted: str) -> Path | None:
    """Return the folder for state: `wanted`, the usual one for '', None for 'none'. RuntimeError if
    the usual one is in the user's home and there is none."""
    if wanted == "none":
        return None
    return Path(wanted) if wanted else folders.state_folder()


class StateStore:
    """The state file in `folder`, which is made if it is not there; FileError if it can't be."""

    def __init__(self, folder: Path) -> None:
        with naming(folder, "no folder for state"):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.is_damaged = False  # the file that `load` found first
        self._path = folder / FILE
        self._previous = folder / PREVIOUS

    def load(self) -> tuple[Kept | None, list[str]]:
        """(the state, or None at first or if nothing can be read; a line about what could not).
        A damaged file falls back to the one before it."""
        faults: list[str] = []
        for path in (self._path, self._previous):
            if not is_there(path):
                continue
            try:
                return kept_of(_parse(read_text(path, MAX_BYTES))), _and_then(faults, path)
            except DrumatlasError as error:
                text = str(error).removeprefix(f"{path}: ")
                faults.append(f"{path}: {text}")
                self.is_damaged = True
        return None, _and_then(faults, None)

    def save(self, kept: Kept) -> None:
        """Write `kept`; a cut at any point leaves the file before or this one. FileError says
        why it can't be written."""
        self._sweep()
        with atomic(self._path) as stream:
            stream.write(json.dumps(kept.to_json(), indent=1).encode())
            self._keep_previous()

    def _keep_previous(self) -> None:
        """Give the present file its second name. It keeps the first until the rename."""
        second = self.folder / f".{FILE}.previous"
        with suppress(OSError):  # none yet, or a file system without hard links (FAT)
            os.link(self._path, second)
            second.replace(self._previous)
            second.unlink(missing_ok=True)  # rename leaves both where they are one file already

    def _sweep(self) -> None:
        """Remove what writes that were cut short have left."""
        with suppress(OSError):  # a folder that can't be listed can't be written either
            for left in self.folder.glob(f".{FILE}.*"):
                with suppress(OSError):
                    left.unlink()


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise StateError("not JSON (damaged)") from None


def _and_then(faults: list[str], path: Path | None) -> list[str]:
    if not faults:
        return []
    then = f"taking {path}, the one before" if path else "beginning anew"
    return [f"state: {'; '.join(faults)}; {then}"]
