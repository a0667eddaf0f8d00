"""`drumatlas status` and `drumatlas update-atlas`: the box that runs as a service."""

import argparse
import json
import os
import signal
from pathlib import Path
from typing import Any

from drumatlas.cli.common import say
from drumatlas.commandline import Command
from drumatlas.errors import DrumatlasError, FileError, one_line

SERVICE_STATE = Path("/var/lib/drumatlas")  # StateDirectory of systemd/drumatlas.service


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
            raise FileError(f"{error}; the service's folder wants sudo, or --state DIR") from None
        raise
    say(f"{said}; {_hand_over()}")
    return 0


def _hand_over() -> str:
    """Ask the box that runs, if one does, to look for another atlas; what comes of that."""
    from drumatlas.service.status import read_status

    try:
        pid = int(read_status()["pid"])
    except (DrumatlasError, KeyError, TypeError, ValueError):
        return "it plays from the next start on"
    try:
        os.kill(pid, signal.SIGHUP)
    except (OSError, AttributeError):  # another user's; no such signal on Windows
        return "the box that runs takes it with: sudo systemctl reload drumatlas"
    return "the box that runs takes it at its next bar, where its atlas was not named"


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
