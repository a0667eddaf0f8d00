"""The parent's handle of a child process that sends (see child.py)."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

if sys.platform == "linux":
    import fcntl

_CHILD = "drumatlas.midi.process.child"
_PIPE_BYTES = 16 << 10  # two seconds of the densest beat, ten of a usual one
_END_S = 5  # a child that has not ended by then is killed


class ChildHandle:
    """Starts a child that sends to `out`: a port's name, uart:DEVICE, or "" for a virtual port.

    `channels` (0 to 15) are those to send panic on. Raises OSError if no process can be started.
    """

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
        if sys.platform != "win32":  # needs Python 3.12 there
            os.set_blocking(self._stdin.fileno(), False)
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # then it only takes longer to notice a hung child
                fcntl.fcntl(self._stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def reports(self) -> Iterator[dict[str, str]]:
        """Yield the JSON objects that the child writes, until it ends."""
        for line in self._stdout:
            try:
                report = json.loads(line)
            except ValueError:  # the child was killed in the middle of a line
                continue
            yield report

    def write(self, data: bytes) -> bool:
        """Write `data` into the child's pipe without blocking; return whether all of it fitted.

        If not, the child hangs, and half a frame is useless.
        """
        try:
            return self._stdin.write(data) == len(data)
        except (OSError, ValueError):
            return False

    def kill(self) -> None:
        """Kill the child."""
        self._process.kill()

    def close(self) -> None:
        """Let the child send the messages it has, and wait for its end."""
        self._stdin.close()
        try:
            self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def reap(self) -> None:
        """Kill and reap the child, but keep our end of its standard input open."""
        self._process.kill()
        self._process.wait()
        self._stdout.close()

    def close_pipe(self) -> None:
        """Close our end of the child's standard input."""
        self._stdin.close()
