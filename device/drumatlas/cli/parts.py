"""What goes along with `play`: state, takes of the last bars, and talk where there is no screen."""

from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.cli.common import say
from drumatlas.errors import FileError

if TYPE_CHECKING:
    from drumatlas.daemon import Part
    from drumatlas.engine import Engine
    from drumatlas.service.state import StateStore


class FaultTalk:
    """Says each new fault once: for a box without a screen."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._said: set[str] = set()

    def tick(self, _now_ns: int) -> None:
        """Look for new ones."""
        now = set(self._engine.faults)
        for fault in sorted(now - self._said):
            say(fault)
        self._said = now  # one that comes again is said again

    def close(self) -> None:
        """The last ones."""
        self.tick(0)


def open_store(wanted: str) -> "tuple[StateStore | None, list[str]]":
    """(where state is kept, lines for the user). A folder that can't be used is no reason not
    to play; one that was named and is a file is a mistake: FileError."""
    from drumatlas.service.state import StateStore, state_folder

    folder = state_folder(wanted)
    if folder is None:
        return None, []
    if wanted and Path(wanted).is_file():
        raise FileError(f"{wanted}: is a file; --state wants a folder, or none")
    try:
        return StateStore(folder), []
    except FileError as error:
        return None, [f"{error}; playing without keeping any"]


def restore_state(engine: "Engine", store: "StateStore | None") -> list[str]:
    """Make `engine` as it was left; lines for the user."""
    from drumatlas.service.keeper import restore

    if store is None:
        return []
    kept, lines = store.load()
    if kept:
        restore(engine, kept)
    return lines


def open_parts(engine: "Engine", store: "StateStore | None", *, talks: bool) -> "list[Part]":
    """All of them; `talks` where no screen shows the faults."""
    from drumatlas.service.keeper import Keeper

    parts: list[Part] = [FaultTalk(engine)] if talks else []
    if store:
        parts.append(Keeper(engine, store))
    return parts
