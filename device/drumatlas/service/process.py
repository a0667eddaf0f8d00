"""Which process a process number means: the numbers are given out again, and a file that names one
may be another user's."""

import os
from contextlib import suppress
from pathlib import Path

_START = 22  # of the fields of /proc/PID/stat, counted from 1 (proc(5)): clock ticks since boot


def started(pid: int) -> int | None:
    """Return when process `pid` was started, in clock ticks since boot; None if it does not run, or
    where the system has no /proc."""
    with suppress(OSError, ValueError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        # The second field, the program's name in brackets, may hold spaces and brackets.
        return int(stat.rpartition(")")[2].split()[_START - 3])
    return None


def is_ours(pid: int, start: int | None) -> bool:
    """Return whether process `pid` runs, belongs to our user, and was started at `start`."""
    if start is None or started(pid) != start:
        return False
    with suppress(OSError):
        return Path(f"/proc/{pid}").stat().st_uid == os.geteuid()
    return False
