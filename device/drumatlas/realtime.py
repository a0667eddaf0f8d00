"""Real-time rights: priority over other programs, memory that is never paged out."""

import ctypes
import os
import sys

PRIORITY = 60  # of SCHED_FIFO: below the kernel's own sound threads, above everything else
# The slow loop: lowest of all, but above programs without real-time rights. It holds the
# interpreter's lock at times, and who preempts it then holds up the performer, too: beside two
# busy programs for up to 394 ms, three times the look-ahead.
SLOW_PRIORITY = 1
# MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT: pages stay once they are touched; what is only reserved
# does not become resident.
_KEEP_TOUCHED = 1 | 2 | 4


def request_realtime(priority: int = PRIORITY) -> list[str]:
    """Ask for SCHED_FIFO for the calling thread and what it starts not; returns what was
    refused, each with what to do (an empty list: granted)."""
    if not hasattr(os, "sched_setscheduler"):
        return []  # macOS and Windows schedule their own MIDI threads
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError:
        return ["real-time priority (rtprio for group audio in /etc/security/limits.d)"]
    return []


def may_lock_memory() -> bool:
    """Whether this process may lock all memory that it has and will have. Under a limit the call
    may pass and a later allocation fail, in the middle of playing."""
    import resource  # noqa: PLC0415 - not on Windows

    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return os.geteuid() == 0 or limit == resource.RLIM_INFINITY


def give_memory_back() -> None:
    """What loading took and is free again, to the system: 3 MB after an atlas was read. glibc keeps
    it otherwise; other C libraries have no such call."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim:
            trim(0)


def lock_memory() -> list[str]:
    """Keep this process' memory from being paged out; returns what was refused."""
    if not sys.platform.startswith("linux"):
        return []
    refused = ["locked memory (memlock unlimited for group audio in /etc/security/limits.d)"]
    if not may_lock_memory():
        return refused
    libc = ctypes.CDLL(None, use_errno=True)
    return refused if libc.mlockall(_KEEP_TOUCHED) != 0 else []
