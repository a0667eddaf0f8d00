"""Check that a process number still means the same process.

The system reuses the numbers, and a file that holds one may belong to another user.
"""

import os
from contextlib import suppress
from pathlib import Path

_START = 22  # of the fields of /proc/PID/stat, counted from 1 (proc(5)): clock ticks since boot


def started(pid: int) -> int | None:
    """Return when process `pid` was started, in clock ticks since boot.

    Return None if it is not running or the system has no /proc.
    """
    with suppress(OSError, ValueError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        # The second field, the program's name in brackets, may hold spaces and brackets.
        return int(stat.rpartition(")")[2].split()[_START - 3])
    return None


def is_ours(pid: int, start: int | None) -> bool:
    """Return whether process `pid` is running, belongs to our user and was started at `start`."""
    if start is None or started(pid) != start:
        return False
    with suppress(OSError):
        return Path(f"/proc/{pid}").stat().st_uid == os.geteuid()
    return False
