"""Real-time rights: priority over other programs, memory that is never paged out."""

import ctypes
import os
import sys

PRIORITY = 60  # of SCHED_FIFO: below the kernel's own sound threads, above everything else
# The slow loop: lowest of all, but above programs without real-time rights. It holds the
# interpreter's lock at times, and who preempts it then holds up the performer, too.
SLOW_PRIORITY = 1
_CURRENT_AND_FUTURE = 3  # MCL_CURRENT | MCL_FUTURE


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


def lock_memory() -> list[str]:
    """Keep this process' memory from being paged out; returns what was refused. Meant for the
    box, whose service has the right to; elsewhere it would count all of it as resident."""
    if not sys.platform.startswith("linux"):
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_CURRENT_AND_FUTURE) != 0:
        return ["locked memory (memlock for group audio in /etc/security/limits.d)"]
    return []
