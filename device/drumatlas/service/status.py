"""How the running box is: a small file that it writes, and that `drumatlas status` reads.

One JSON object, replaced whole at most once a second by a thread of its own, so that neither loop
waits for a file.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from drumatlas.engine import Engine
from drumatlas.errors import FileError, StateError
from drumatlas.explore.latent import nearest_genre
from drumatlas.files import atomic, is_there, read_owned
from drumatlas.realtime import SLOW_PRIORITY, request_realtime
from drumatlas.service.process import started

FILE = "status.json"
VERSION = 1
# RuntimeDirectory and User of systemd/drumatlas.service
SERVICE, SERVICE_USER = Path("/run/drumatlas"), "drumatlas"
MAX_BYTES = 1 << 20
EVERY_NS = 1_000_000_000  # at most so often
# Written at least so often, so that its age tells whether the slow loop lives.
ALIVE_NS = 2_000_000_000
STALE_NS = 10_000_000_000
_MOST_BPM = 10_000  # of any version


def headline(engine: Engine) -> str:
    """The box in one line: `playing 120.0 BPM, near 'house'; out: TR-8S; unplugged: ...`."""
    return _headline(report(engine))


def _headline(entry: dict[str, Any]) -> str:
    words = f"{entry['state']} {entry['bpm']:.1f} BPM"
    if entry["near"]:
        words += f", near '{entry['near']}'"
    return "; ".join([words, *entry["faults"]]).replace("\n", " ")


def report(engine: Engine) -> dict[str, Any]:
    """Transport, tempo, place and faults of `engine`, ready for JSON."""
    explorer, sequencer = engine.explorer, engine.sequencer
    near = nearest_genre(explorer.atlas, explorer.place.z)
    return {
        "version": VERSION,
        "state": "playing" if sequencer.is_playing else "stopped",
        "follows": sequencer.is_following,
        "bpm": round(float(engine.bpm), 3),
        "near": near[0].name if near else "",
        "z": [round(float(value), 4) for value in explorer.place.z],
        "controls": {name: round(float(value), 4) for name, value in engine.values.items()},
        "frozen": explorer.frozen,
        "wandering": explorer.is_wandering,
        "novelty": explorer.novelty,
        "atlas": explorer.atlas.name,
        "faults": list(engine.faults),
    }


def own_folder() -> Path:
    """Where a box writes: systemd's $RUNTIME_DIRECTORY, else a folder of the user's."""
    given = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(given) if given else _user_folder()


def _user_folder() -> Path:
    """$XDG_RUNTIME_DIR (XDG base directories), else one among the temporary files."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if Path(given).is_absolute():
        return Path(given) / "drumatlas"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"drumatlas-{user}"


class StatusFile:
    """A part of the slow loop that keeps the status file. `ports` gives the names to show; `state`
    is the folder that the box keeps its state in, if it has one.

    A folder that can't be written costs the file, not the beat.
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
        # Whoever wants to signal this box checks that it is this one, and looks into that folder.
        self._identity = {"pid": pid, "started": started(pid), "folder": _whole(state)}
        self._path = folder / FILE
        self._looked_ns = self._offered_ns = 0
        self._last: dict[str, Any] = {}
        self._waiting: dict[str, Any] | None = None
        self._is_over = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._thread.start()

    def tick(self, now_ns: int) -> None:
        """From the slow loop: hand over what changed, if it is time."""
        if self._looked_ns and now_ns - self._looked_ns < EVERY_NS:
            return
        self._looked_ns = now_ns
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
            # Whatever fails, also for want of memory, may work the next time.
            with suppress(Exception):
                self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                with atomic(self._path) as stream:
                    stream.write(json.dumps(entry).encode())

    def close(self) -> None:
        """Nobody plays any more: the file goes."""
        with self._news:
            self._is_over, self._waiting = True, None
            self._news.notify()
        self._thread.join(timeout=5)
        with suppress(OSError):
            self._path.unlink()


def _whole(folder: Path | None) -> str:
    """`folder` without links and `..`, as others can compare it; "" for none."""
    return str(folder.resolve()) if folder else ""


def has_folder(entry: dict[str, Any], folder: Path) -> bool:
    """Return whether the box of a status keeps its state in `folder`."""
    return entry.get("folder") == _whole(folder)


# What `drumatlas status` shows of it; the file may be another version's.
_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("state", "near", "atlas"), str),
    **dict.fromkeys(("follows", "frozen", "wandering", "novelty"), bool),
    **dict.fromkeys(("pid", "at_ns"), int),
    "bpm": (int, float),
    "faults": list,
    "ports": dict,
}


def read_status(folders: tuple[Path, ...] | None = None) -> dict[str, Any]:
    """The status of the box that runs (of several, the one that wrote last), with its age in
    nanoseconds as `age_ns`. StateError says that none does, and what to do.

    Only what we, root or the service's user have written is read, since anybody can make a folder
    among the temporary files.
    """
    wrong: StateError | None = None
    found = []
    for folder in folders or (own_folder(), SERVICE, _user_folder()):
        if not is_there(folder / FILE):
            continue  # nobody wrote there
        try:
            found.append(_read(folder))
        except (FileError, StateError) as error:
            wrong = wrong or StateError(error.what, error.hint)
    if not found:
        hint = "`sudo systemctl start drumatlas` or `play`"
        raise wrong or StateError("no box runs here", hint)
    return min(found, key=lambda entry: int(entry["age_ns"]))


def _read(folder: Path) -> dict[str, Any]:
    path = folder / FILE
    try:
        entry = json.loads(read_owned(folder, FILE, MAX_BYTES, _owners()))
        if entry["version"] != VERSION or any(
            not isinstance(entry[name], kind) for name, kind in _KINDS.items()
        ):
            raise ValueError
        # 0, -1 and so on mean whole groups of processes, and 1 is systemd.
        if entry["pid"] <= 1 or entry["at_ns"] < 0 or not 0 <= entry["bpm"] <= _MOST_BPM:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StateError(
            f"{path}: not a status that this version reads", "restart the box"
        ) from None
    pid, age_ns = entry["pid"], time.monotonic_ns() - entry["at_ns"]
    if age_ns < 0 or not _lives(pid):
        raise StateError(
            f"no box runs; the one of {path} ended without a word: journalctl -u drumatlas -e"
        )
    if age_ns > STALE_NS:
        raise StateError(
            f"the box (process {pid}) hangs: {age_ns / 1e9:.0f} s without a word", "restart it"
        )
    return {**entry, "age_ns": age_ns}


def _owners() -> set[int]:
    """The users that may say how a box is; nobody where there are no user ids."""
    if not hasattr(os, "geteuid"):
        return set()
    owners = {0, os.geteuid()}
    with suppress(ImportError, KeyError):  # no such user: no service here
        import pwd  # noqa: PLC0415 - POSIX only

        owners.add(pwd.getpwnam(SERVICE_USER).pw_uid)
    return owners


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # another user's
    except (OSError, OverflowError):
        return False
    return True
