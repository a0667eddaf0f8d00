"""`drumatlas update-atlas`: set the default atlas, and ask a running box to play it.

Root may run it for the service. It never signals a process by its number alone, since that number
may belong to another process by now.
"""

import argparse
import os
import signal
import subprocess
from pathlib import Path

from drumatlas.commandline import Command, say
from drumatlas.errors import DrumatlasError, FileError

SERVICE_STATE = Path("/var/lib/drumatlas")  # StateDirectory of systemd/drumatlas.service
SYSTEMD = Path("/run/systemd/system")  # exists if systemd is running (sd_booted(3))
_LATER = "a box plays it from its next start on"
_NOW = "the running box switches at its next bar, unless it was started with --atlas"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `update-atlas`."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="atlas to play if none is named"
    )
    which.add_argument("--builtin", action="store_true", help="go back to the built-in atlas")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="state folder of the box (default: the service's if there is one, else your own)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make FILE the atlas that plays if no atlas is named; an invalid file changes nothing."""
    from drumatlas.service.atlas import remove_atlas, update_atlas

    folder = arguments.state or _folder()
    try:
        if arguments.builtin:
            was_set = remove_atlas(folder)
            done = "back to the built-in atlas" if was_set else "the built-in atlas was set already"
        else:
            atlas = update_atlas(arguments.file, folder)
            done = f"atlas '{atlas.name}' ({len(atlas.genres)} genres) installed in {folder}"
    except FileError as error:
        if folder == SERVICE_STATE and os.geteuid() != 0:
            hint = "use sudo for the service's folder, or --state DIR for another"
            raise FileError(str(error), hint) from None
        raise
    say(f"{done}; {_notify(folder)}")
    return 0


def _notify(folder: Path) -> str:
    """Ask the running box whose state is in `folder` to read its atlas again.

    Return, in words, when the atlas will play.
    """
    if folder == SERVICE_STATE:
        return _reload_service()
    from drumatlas.service.process import is_ours
    from drumatlas.service.status import has_folder, own_folder, read_status

    try:
        entry = read_status((own_folder(),))
    except DrumatlasError:
        return _LATER
    if not has_folder(entry, folder):
        return f"{_LATER} (the box that is running keeps its state in another folder)"
    # Signal only our own box, whatever the status file says: another user may have written it, and
    # another process may have the box's number by now.
    if not is_ours(entry["pid"], entry.get("started")):
        return f"to make the running box switch, its user must run: kill -HUP {entry['pid']}"
    try:
        os.kill(entry["pid"], signal.SIGHUP)
    except OSError:  # the box has just ended
        return _LATER
    return _NOW


def _reload_service() -> str:
    """Reload the service through systemd, which knows its process. Return when the atlas plays."""
    if not SYSTEMD.is_dir():
        return _LATER
    if _systemctl("is-active", "--quiet") != 0:
        return f"the service is not running; {_LATER}"
    if _systemctl("reload") != 0:
        return "to make the running box switch: sudo systemctl reload drumatlas"
    return _NOW


def _systemctl(*words: str) -> int:
    """Return the exit code of `systemctl WORDS drumatlas.service`; 1 if it can't be run."""
    command = ["systemctl", *words, "drumatlas.service"]
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode
    except (OSError, subprocess.SubprocessError):
        return 1


def _folder() -> Path:
    """Return the service's state folder if it exists, else that of this user's `play`."""
    from drumatlas.service.state import state_folder

    if not os.environ.get("STATE_DIRECTORY") and SERVICE_STATE.is_dir():
        return SERVICE_STATE
    folder = state_folder("")
    assert folder is not None
    return folder


COMMAND = Command(
    "update-atlas",
    "set the default atlas",
    "sudo drumatlas update-atlas mine.atlas\nsudo drumatlas update-atlas --builtin",
    options,
    run,
    "Checks the file first; an invalid file changes nothing. A running box switches at its next "
    "bar.",
)
