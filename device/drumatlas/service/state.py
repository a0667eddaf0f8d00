"""The state that survives a power cut: one JSON file, replaced atomically, and its predecessor."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drumatlas.errors import DrumatlasError, StateError
from drumatlas.explore.controls import BUTTONS, VALUES
from drumatlas.explore.snapshot import Snapshot, snapshot_names, snapshot_of
from drumatlas.files import atomic, is_there, naming, read_text
from drumatlas.play.timeline import MAX_TEMPO, MIN_TEMPO

VERSION = 1
FILE, PREVIOUS = "state.json", "state.previous.json"
MAX_BYTES = 4 << 20  # 132 snapshots take 100 KB
_NAMES = frozenset(snapshot_names())


@dataclass(frozen=True, slots=True)
class SavedState:
    """The state of a box.

    It holds the place, the tempo (BPM), the snapshots by name, and the control or button that each
    learned MIDI controller (0..119) moves.
    """

    place: Snapshot
    bpm: float
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    learned: Mapping[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON value that `state_from_json` reads."""
        return {
            "version": VERSION,
            "place": self.place.to_json(),
            "bpm": self.bpm,
            "snapshots": {name: one.to_json() for name, one in self.snapshots.items()},
            "learned": {str(number): name for number, name in self.learned.items()},
        }


def state_from_json(entry: object) -> SavedState:
    """Return the state in a JSON value; StateError says what is wrong with it."""
    if not isinstance(entry, dict) or entry.get("version") != VERSION:
        raise StateError(f"not a state file of version {VERSION}")
    bpm, snapshots = entry.get("bpm"), entry.get("snapshots")
    if isinstance(bpm, bool) or not isinstance(bpm, int | float):
        raise StateError("'bpm' is not a number")
    if not MIN_TEMPO <= bpm <= MAX_TEMPO:
        raise StateError(f"'bpm' is {bpm}, outside {MIN_TEMPO:g} to {MAX_TEMPO:g}")
    if not isinstance(snapshots, dict) or not set(snapshots) <= _NAMES:
        raise StateError("'snapshots' is not an object with names a to d and 0 to 127")
    parsed = {name: snapshot_of(one) for name, one in snapshots.items()}
    learned = _learned_of(entry.get("learned", {}))
    return SavedState(snapshot_of(entry.get("place")), float(bpm), parsed, learned)


def _learned_of(entry: object) -> dict[int, str]:
    if not isinstance(entry, dict):
        raise StateError("'learned' is not an object")
    learned = {}
    for number, name in entry.items():
        if number not in _NUMBERS:
            raise StateError(f"'learned' has {number!r}, which is not a controller 0 to 119")
        if name in VALUES or name in BUTTONS:  # a later version may have others
            learned[int(number)] = name
    return learned


_NUMBERS = frozenset(str(number) for number in range(120))


def state_folder(wanted: str) -> Path | None:
    """Return the state folder that `wanted` names; None for 'none'.

    For '' it is systemd's $STATE_DIRECTORY, else the user's (XDG base directories). Raises
    RuntimeError if the user has no home.
    """
    if wanted == "none":
        return None
    if wanted:
        return Path(wanted)
    from_systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if from_systemd:
        return Path(from_systemd)
    home = os.environ.get("XDG_STATE_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
    return base / "drumatlas"


class StateStore:
    """The state file in `folder`, which is made if needed; FileError if it can't be made."""

    def __init__(self, folder: Path) -> None:
        with naming(folder, "cannot make the state folder"):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.is_damaged = False  # whether `load` found a file that it could not read
        self._path = folder / FILE
        self._previous = folder / PREVIOUS

    def load(self) -> tuple[SavedState | None, list[str]]:
        """Return (the state, a message about files that can't be read).

        The state is None if there is no file yet or none can be read. If the file is damaged, its
        predecessor is read.
        """
        faults: list[str] = []
        for path in (self._path, self._previous):
            if not is_there(path):
                continue
            try:
                return state_from_json(_parse(read_text(path, MAX_BYTES))), _message(faults, path)
            except DrumatlasError as error:
                text = str(error).removeprefix(f"{path}: ")
                faults.append(f"{path}: {text}")
                self.is_damaged = True
        return None, _message(faults, None)

    def save(self, state: SavedState) -> None:
        """Write `state`. A power cut at any point leaves either the old or the new file.

        Raises FileError if it can't be written.
        """
        self._remove_leftovers()
        with atomic(self._path) as stream:
            stream.write(json.dumps(state.to_json(), indent=1).encode())
            self._keep_previous()

    def _keep_previous(self) -> None:
        """Link the present file as its own predecessor; the caller's rename then replaces it."""
        second = self.folder / f".{FILE}.previous"
        with suppress(OSError):  # no file yet, or a file system without hard links (FAT)
            os.link(self._path, second)
            second.replace(self._previous)
            # rename(2) does nothing if both names are links to the same file.
            second.unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        """Remove the temporary files of writes that were interrupted."""
        with suppress(OSError):  # a folder that can't be listed can't be written either
            for leftover in self.folder.glob(f".{FILE}.*"):
                with suppress(OSError):
                    leftover.unlink()


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise StateError("damaged: not JSON") from None


def _message(faults: list[str], path: Path | None) -> list[str]:
    if not faults:
        return []
    result = f"using the file before it, {path}" if path else "starting from the defaults"
    return [f"state: {'; '.join(faults)}; {result}"]
