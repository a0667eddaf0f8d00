"""The folders in which the box keeps its own files; they may not exist yet.

A service has folders from systemd. A user's own are where the system expects them; on Linux, the
XDG base directory specification says where. platformdirs is loaded only for these, so that a
service starts without it.
"""

import os
import tempfile
from pathlib import Path

_NAME = "drumatlas"


def state_folder() -> Path:
    """Return the folder for state that outlives the power; RuntimeError if the user has no home."""
    return systemd_folder("STATE_DIRECTORY") or _user_folder("user_state_dir")


def cache_folder() -> Path:
    """Return the folder for results that can be computed again, which a service keeps with its
    state; RuntimeError if the user has no home."""
    return systemd_folder("STATE_DIRECTORY") or _user_folder("user_cache_dir")


def runtime_folder() -> Path:
    """Return the folder for files that go when the box ends."""
    return systemd_folder("RUNTIME_DIRECTORY") or user_runtime_folder()


def user_runtime_folder() -> Path:
    """Return the user's folder for files that go when the box ends: in $XDG_RUNTIME_DIR, else among
    the temporary files, which are the user's own on macOS and Windows."""
    # Not with platformdirs: it refuses a folder by its mode, with a warning, and makes another one.
    given = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if given.is_absolute():
        return given / _NAME
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"{_NAME}-{user}"


def systemd_folder(variable: str) -> Path | None:
    """Return the first folder in an environment variable of systemd's, such as STATE_DIRECTORY
    (systemd.exec(5)); None outside a service."""
    first = os.environ.get(variable, "").split(":")[0]
    return Path(first) if first else None


def _user_folder(kind: str) -> Path:
    """Return the user's folder of a kind, a property of platformdirs. It ignores an XDG variable
    with a relative path, as the specification says."""
    from platformdirs import PlatformDirs  # noqa: PLC0415 - not for a service

    return Path(getattr(PlatformDirs(_NAME, appauthor=False), kind))
