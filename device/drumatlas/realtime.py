"""Real-time permissions: priority over other programs, and memory that is never paged out."""

import ctypes
import os
import sys

PRIORITY = 60  # of SCHED_FIFO: below the kernel's own sound threads, above everything else
# The slow loop: lowest of all, but above programs without real-time priority. It holds the
# interpreter's lock at times, and a program that preempts it then delays the performer, too: with
# two busy programs by up to 394 ms, three times the look-ahead.
SLOW_PRIORITY = 1
# MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT: pages stay once they are touched; memory that is only
# reserved does not become resident.
_KEEP_TOUCHED = 1 | 2 | 4


def request_realtime(priority: int = PRIORITY) -> list[str]:
    """Request SCHED_FIFO at `priority` (1..99) for the calling thread; threads it starts do not
    inherit it. Return the refused permissions, each with its remedy (an empty list: granted)."""
    if not hasattr(os, "sched_setscheduler"):
        return []  # macOS and Windows schedule their own MIDI threads
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError:
        return ["real-time priority (rtprio for group audio in /etc/security/limits.d)"]
    return []


def may_lock_memory() -> bool:
    """Return whether this process may lock all its present and future memory. With a limit the call
    may succeed and a later allocation fail, in the middle of playing."""
    import resource  # noqa: PLC0415 - not on Windows

    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return os.geteuid() == 0 or limit == resource.RLIM_INFINITY


def give_memory_back() -> None:
    """Return freed heap pages to the system (3 MB after reading an atlas). glibc keeps them
    otherwise; other C libraries have no such call."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim:
            trim(0)


def lock_memory() -> list[str]:
    """Keep this process' memory from being paged out. Return the refused permissions, each with its
    remedy (an empty list: granted)."""
    if not sys.platform.startswith("linux"):
        return []
    refused = ["locked memory (memlock unlimited for group audio in /etc/security/limits.d)"]
    if not may_lock_memory():
        return refused
    libc = ctypes.CDLL(None, use_errno=True)
    return refused if libc.mlockall(_KEEP_TOUCHED) != 0 else []
