"""`drumatlas status` and `drumatlas update-atlas`: the box that runs as a service."""

import argparse
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from drumatlas.cli.common import say
from drumatlas.commandline import Command
from drumatlas.errors import DrumatlasError, FileError, one_line

SERVICE_STATE = Path("/var/lib/drumatlas")  # StateDirectory of systemd/drumatlas.service
SYSTEMD = Path("/run/systemd/system")  # is there where systemd runs (sd_booted(3))
_LATER = "it plays from the next start on"
_NOW = "the running box takes it at its next bar, unless it was started with --atlas"


def status_options(parser: argparse.ArgumentParser) -> None:
    """The options of `status`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def status(arguments: argparse.Namespace) -> int:
    """Show the running box; StateError (2) if none runs."""
    from drumatlas.service.status import read_status

    entry = read_status()
    if arguments.json:
        print(json.dumps(entry))
    else:
        print("\n".join(lines(entry)))
    return 0


def lines(entry: dict[str, Any]) -> list[str]:
    """A status for people, each line one that a terminal can show."""
    return [one_line(line) for line in _lines(entry)]


def _lines(entry: dict[str, Any]) -> list[str]:
    follows = ", follows a clock" if entry["follows"] else ""
    marks = [word for word in ("frozen", "wandering") if entry[word]]
    marks += [] if entry["novelty"] else ["training beats allowed"]
    ports = entry["ports"]
    return [
        f"{entry['state']} at {entry['bpm']:g} BPM{follows}",
        f"place: near {entry['near'] or 'no genre'}{''.join(f', {mark}' for mark in marks)}",
        f"atlas: {entry['atlas']}",
        f"MIDI out: {ports.get('out', '?')}",
        *([f"MIDI in: {ports['in']}"] if ports.get("in") else []),
        *(f"fault: {fault}" for fault in entry["faults"]),
        f"process {entry['pid']}, seen {entry['age_ns'] / 1e9:.0f} s ago",
    ]


def update_options(parser: argparse.ArgumentParser) -> None:
    """The options of `update-atlas`."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="atlas to play from now on"
    )
    which.add_argument("--builtin", action="store_true", help="go back to the built-in atlas")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="state folder of the box (default: the service's if there is one, else your own)",
    )


def update(arguments: argparse.Namespace) -> int:
    """Make FILE what plays where no atlas is named; a bad one changes nothing."""
    from drumatlas.service.atlas import remove_atlas, update_atlas

    folder = arguments.state or _folder()
    try:
        if arguments.builtin:
            said = "removed" if remove_atlas(folder) else "there was none but the built-in one"
        else:
            atlas = update_atlas(arguments.file, folder)
            said = f"'{atlas.name}', {len(atlas.genres)} genres, is in {folder}"
    except FileError as error:
        if folder == SERVICE_STATE and os.geteuid() != 0:
            raise FileError(str(error), "the service's folder wants sudo, or --state DIR") from None
        raise
    say(f"{said}; {_hand_over(folder)}")
    return 0


def _hand_over(folder: Path) -> str:
    """Ask the running box whose state is in `folder` to look for another atlas. Return, in words,
    when the atlas will play."""
    if folder == SERVICE_STATE:
        return _reload_service()
    from drumatlas.service.process import is_ours
    from drumatlas.service.status import has_folder, own_folder, read_status

    try:
        entry = read_status((own_folder(),))
    except DrumatlasError:
        return _LATER
    if not has_folder(entry, folder):
        return f"{_LATER} (a box that runs keeps its state in another folder)"
    # Whatever the file says, only our own box is signalled: another user may have written it, and
    # another process may have its number by now.
    if not is_ours(entry["pid"], entry.get("started")):
        return f"the running box takes it when its user sends SIGHUP to process {entry['pid']}"
    try:
        os.kill(entry["pid"], signal.SIGHUP)
    except OSError:  # it ended just now
        return _LATER
    return _NOW


def _reload_service() -> str:
    """Let systemd tell the service: it knows which process that is."""
    if not SYSTEMD.is_dir():
        return _LATER
    if _systemctl("is-active", "--quiet") != 0:
        return f"the service is not running; {_LATER}"
    if _systemctl("reload") != 0:
        return "the running box takes it with: sudo systemctl reload drumatlas"
    return _NOW


def _systemctl(*words: str) -> int:
    """The exit code of `systemctl WORDS drumatlas.service`; 1 where there is no systemctl."""
    command = ["systemctl", *words, "drumatlas.service"]
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode
    except (OSError, subprocess.SubprocessError):
        return 1


def _folder() -> Path:
    """The service's state folder if there is one, else where `play` keeps its own."""
    from drumatlas.service.state import state_folder

    if not os.environ.get("STATE_DIRECTORY") and SERVICE_STATE.is_dir():
        return SERVICE_STATE
    folder = state_folder("")
    assert folder is not None
    return folder


STATUS = Command(
    "status",
    "show what the running box plays, where, and what is wrong",
    "drumatlas status\ndrumatlas status --json",
    status_options,
    status,
    "Exits with 2 if no box runs.",
)
UPDATE_ATLAS = Command(
    "update-atlas",
    "make an atlas the one that plays when none is named",
    "sudo drumatlas update-atlas mine.atlas\nsudo drumatlas update-atlas --builtin",
    update_options,
    update,
    "Checks the file first; a bad one changes nothing. A box that runs plays it from its next bar "
    "on.",
)
