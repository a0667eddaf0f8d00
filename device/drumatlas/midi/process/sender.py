"""One sending process (see deliver.py), seen from its parent."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

if sys.platform == "linux":
    import fcntl

_CHILD = "drumatlas.midi.process.deliver"
_PIPE_BYTES = 16 << 10  # two seconds of the densest beat, ten of a usual one
_END_S = 5  # a sender that was told to end and does not, is ended


class Sender:
    """Starts a process that sends to `out` (a port's name, "" for a virtual one)."""

    def __init__(self, out: str, channels: Sequence[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _CHILD, out, *map(str, channels)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in the terminal is ours, not the child's
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        if sys.platform != "win32":  # where pipes can't be so before Python 3.12
            os.set_blocking(self._stdin.fileno(), False)
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # one that hangs is noticed later then
                fcntl.fcntl(self._stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def says(self) -> Iterator[dict[str, str]]:
        """What it says, until it ends."""
        for line in self._stdout:
            try:
                said = json.loads(line)
            except ValueError:  # it was killed in the middle of a line
                continue
            yield said

    def write(self, data: bytes) -> bool:
        """Whether it took `data`. Never waits: one that leaves a full pipe unread hangs, and half
        a frame is of no use."""
        try:
            return self._stdin.write(data) == len(data)
        except (OSError, ValueError):
            return False

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """Let it deliver what it has, and wait for its end."""
        self._stdin.close()
        try:
            self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def bury(self) -> None:
        """It has ended, or is killed now; all that is left is our end of its pipe."""
        self._process.kill()
        self._process.wait()
        self._stdout.close()

    def release(self) -> None:
        """Nobody writes any more."""
        self._stdin.close()
