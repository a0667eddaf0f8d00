"""The status file: the running box writes it, and `drumatlas status` reads it.

It holds one JSON object. A thread replaces it atomically, at most once a second, so that neither
the slow loop nor the performing thread waits for a file.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from drumatlas.engine import Engine
from drumatlas.errors import FileError, StateError
from drumatlas.files import atomic, is_there, read_owned
from drumatlas.folders import runtime_folder, user_runtime_folder
from drumatlas.realtime import SLOW_PRIORITY, request_realtime
from drumatlas.service.process import started

FILE = "status.json"
VERSION = 1
# RuntimeDirectory and User of systemd/drumatlas.service
SERVICE, SERVICE_USER = Path("/run/drumatlas"), "drumatlas"
MAX_BYTES = 1 << 20
EVERY_NS = 1_000_000_000  # shortest time between two writes
# Longest time between two writes, so that the file's age shows whether the slow loop is running.
ALIVE_NS = 2_000_000_000
STALE_NS = 10_000_000_000  # the slow loop hangs if the file is older
_MAX_BPM = 10_000  # in a file of any version


def headline(engine: Engine) -> str:
    """Describe the box in one line: `playing 120.0 BPM, near 'house'; TR-8S: unplugged`."""
    return _headline(report(engine))


def _headline(entry: dict[str, Any]) -> str:
    words = f"{entry['state']} {entry['bpm']:.1f} BPM"
    if entry["near"]:
        words += f", near '{entry['near']}'"
    return "; ".join([words, *entry["faults"]]).replace("\n", " ")


def report(engine: Engine) -> dict[str, Any]:
    """Return transport, tempo (BPM), place and faults of `engine` as a JSON object."""
    explorer, sequencer = engine.explorer, engine.sequencer
    genre = explorer.genre
    return {
        "version": VERSION,
        "state": "playing" if sequencer.is_playing else "stopped",
        "follows": sequencer.is_following,
        "bpm": round(float(engine.bpm), 3),
        "near": genre.name,
        "family": genre.family,
        "confidence": round(genre.confidence, 3),
        "z": [round(float(value), 4) for value in explorer.place.z],
        "controls": {name: round(float(value), 4) for name, value in engine.values.items()},
        "frozen": explorer.frozen,
        "wandering": explorer.is_wandering,
        "novelty": explorer.novelty,
        "atlas": explorer.atlas.name,
        "faults": list(engine.faults),
    }


class StatusFile:
    """A part of the slow loop that writes the status file in `folder`.

    `ports` returns the port names to show; `state` is the box's state folder, if it has one. If
    `folder` can't be written, the box plays on without a status file.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        ports: Callable[[], dict[str, str]],
        state: Path | None = None,
    ) -> None:
        self._engine, self._ports = engine, ports
        pid = os.getpid()
        # A program that wants to signal this box compares its process and its state folder first.
        self._identity = {"pid": pid, "started": started(pid), "folder": _resolved(state)}
        self._path = folder / FILE
        self._checked_ns = self._offered_ns = 0
        self._last: dict[str, Any] = {}
        self._waiting: dict[str, Any] | None = None
        self._is_over = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._thread.start()

    def tick(self, now_ns: int) -> None:
        """Give the status to the writing thread if it changed and enough time has passed."""
        if self._checked_ns and now_ns - self._checked_ns < EVERY_NS:
            return
        self._checked_ns = now_ns
        entry = report(self._engine) | {"ports": self._ports()} | self._identity
        if entry != self._last or now_ns - self._offered_ns >= ALIVE_NS:
            self._last, self._offered_ns = entry, now_ns
            with self._news:
                self._waiting = entry | {"at_ns": now_ns}
                self._news.notify()

    def _run(self) -> None:
        request_realtime(SLOW_PRIORITY)
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._is_over)
                entry, self._waiting = self._waiting, None
            if entry is None:
                return
            # Ignore any error, also of memory: the next write may succeed.
            with suppress(Exception):
                self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                with atomic(self._path) as stream:
                    stream.write(json.dumps(entry).encode())

    def close(self) -> None:
        """End the thread and remove the file, since no box is playing any more."""
        with self._news:
            self._is_over, self._waiting = True, None
            self._news.notify()
        self._thread.join(timeout=5)
        with suppress(OSError):
            self._path.unlink()


def _resolved(folder: Path | None) -> str:
    """Return `folder` without links and `..`, so that paths can be compared; "" for None."""
    return str(folder.resolve()) if folder else ""


def has_folder(entry: dict[str, Any], folder: Path) -> bool:
    """Return whether the box that wrote the status `entry` has the state folder `folder`."""
    return entry.get("folder") == _resolved(folder)


# Types of the fields that `drumatlas status` shows. Another version may have written the file.
_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("state", "near", "atlas"), str),
    **dict.fromkeys(("follows", "frozen", "wandering", "novelty"), bool),
    **dict.fromkeys(("pid", "at_ns"), int),
    "bpm": (int, float),
    "faults": list,
    "ports": dict,
}


def read_status(folders: tuple[Path, ...] | None = None) -> dict[str, Any]:
    """Return the status of the running box, with its age in nanoseconds as `age_ns`.

    If several boxes are running, it is the one that wrote last. Raises StateError with a remedy if
    none is running. A file is read only if we, root or the service's user wrote it, since anybody
    can make a folder in the temporary files.
    """
    fault: StateError | None = None
    found = []
    for folder in folders or (runtime_folder(), SERVICE, user_runtime_folder()):
        if not is_there(folder / FILE):
            continue
        try:
            found.append(_read(folder))
        except (FileError, StateError) as error:
            fault = fault or StateError(error.what, error.hint)
    if not found:
        hint = "start one with `sudo systemctl start drumatlas` or `drumatlas play`"
        raise fault or StateError("no box is running", hint)
    return min(found, key=lambda entry: int(entry["age_ns"]))


def _read(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    try:
        entry = json.loads(read_owned(folder, FILE, MAX_BYTES, _owners()))
        if entry["version"] != VERSION or any(
            not isinstance(entry[name], kind) for name, kind in _KINDS.items()
        ):
            raise ValueError
        # kill(2) takes 0 and negative numbers for groups of processes, and 1 is systemd.
        if entry["pid"] <= 1 or entry["at_ns"] < 0 or not 0 <= entry["bpm"] <= _MAX_BPM:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StateError(
            f"{path}: not a status file that this version can read", "restart the box"
        ) from None
    pid, age_ns = entry["pid"], time.monotonic_ns() - entry["at_ns"]
    if age_ns < 0 or not _is_running(pid):
        raise StateError(
            f"no box is running; the one that wrote {path} ended unexpectedly",
            "see journalctl -u drumatlas -e",
        )
    if age_ns > STALE_NS:
        raise StateError(
            f"the box (process {pid}) hangs: no status for {age_ns / 1e9:.0f} s", "restart it"
        )
    return {**entry, "age_ns": age_ns}


def _owners() -> set[int]:
    """Return the users whose status files are trusted; none where there are no user ids."""
    if not hasattr(os, "geteuid"):
        return set()
    owners = {0, os.geteuid()}
    with suppress(ImportError, KeyError):  # no such user: no service here
        import pwd  # noqa: PLC0415 - POSIX only

        owners.add(pwd.getpwnam(SERVICE_USER).pw_uid)
    return owners


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # it belongs to another user
    except (OSError, OverflowError):
        return False
    return True
