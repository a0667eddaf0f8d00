"""Files that a run of the tests makes once, however many workers it has."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the temporary files of the whole run, in which each of pytest-xdist's
    workers has one of its own."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(path: Path, make: Callable[[Path], object]) -> Path:
    """Return `path`. The first worker that asks for it makes it, and others wait meanwhile."""
    import fcntl  # not on Windows

    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            make(path)
    return path
