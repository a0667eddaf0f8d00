"""Says when the machine took a core away, so that its pauses are not taken for the box's:

    python tests/bench/machine_pauses.py CORE

A thread of the highest real-time priority wakes on CORE every 5 ms. Where it wakes late, and the
kernel counts time meanwhile in which the host ran something else (`steal` in /proc/stat), nothing
inside the machine could have run there. A page that uses up what the kernel lets real-time threads
have holds this thread up, too, but no time is stolen then: such a pause is the box's.

For each line that comes in at the standard input it prints the longest pause since the line before,
in milliseconds.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

PERIOD_NS = 5_000_000
TICK_S = 1 / os.sysconf("SC_CLK_TCK")  # the unit of /proc/stat
_STEAL = 8  # its column


def stolen_s(stat: str, core: int) -> float:
    """Return for how long the host kept `core` from this machine, by the text of /proc/stat."""
    row = next(line for line in stat.splitlines() if line.startswith(f"cpu{core} "))
    return int(row.split()[_STEAL]) * TICK_S


def pause_s(late_s: float, stolen: float) -> float:
    """Return how much of a delay the host accounts for; the kernel counts in whole ticks."""
    return min(late_s, stolen + TICK_S) if stolen else 0.0


class Witness:
    """Looks for pauses in a thread of its own, for good."""

    def __init__(self, core: int) -> None:
        self._core = core
        self._longest_s = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        os.sched_setaffinity(0, {self._core})
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))
        due_ns, stolen = time.monotonic_ns(), self._stolen()
        while True:
            due_ns += PERIOD_NS
            time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
            late_ns = time.monotonic_ns() - due_ns
            before, stolen = stolen, self._stolen()
            self._longest_s = max(self._longest_s, pause_s(late_ns / 1e9, stolen - before))
            due_ns += max(late_ns, 0) // PERIOD_NS * PERIOD_NS

    def _stolen(self) -> float:
        return stolen_s(Path("/proc/stat").read_text(), self._core)

    def take(self) -> float:
        """Return the longest pause (s) since the call before."""
        longest, self._longest_s = self._longest_s, 0.0
        return longest


class Pauses:
    """The witness, in a process of its own."""

    def __init__(self, core: int) -> None:
        command = [sys.executable, __file__, str(core)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def longest_ms(self) -> float:
        """Return the longest pause since the call before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    witness = Witness(int(sys.argv[1]))
    for _ in sys.stdin:
        print(witness.take() * 1000, flush=True)
