"""`drumatlas update-atlas`: sets the atlas that plays, and asks a running box to take it.

Root may run it for the service, so no process is signalled by its number alone.
"""

import argparse
import os
import signal
import subprocess
from pathlib import Path

from drumatlas.commandline import Command, say
from drumatlas.errors import DrumatlasError, FileError

SERVICE_STATE = Path("/var/lib/drumatlas")  # StateDirectory of systemd/drumatlas.service
SYSTEMD = Path("/run/systemd/system")  # is there where systemd runs (sd_booted(3))
_LATER = "it plays from the next start on"
_NOW = "the running box takes it at its next bar, unless it was started with --atlas"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `update-atlas`."""
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


def run(arguments: argparse.Namespace) -> int:
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
    from drumatlas.folders import runtime_folder
    from drumatlas.service.process import is_ours
    from drumatlas.service.status import has_folder, read_status

    try:
        entry = read_status((runtime_folder(),))
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


COMMAND = Command(
    "update-atlas",
    "make an atlas the one that plays when none is named",
    "sudo drumatlas update-atlas mine.atlas\nsudo drumatlas update-atlas --builtin",
    options,
    run,
    "Checks the file first; a bad one changes nothing. A box that runs plays it from its next bar "
    "on.",
)
