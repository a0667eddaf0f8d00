""" "Keep the last 8 bars": writes takes into a folder, each on a thread of its own."""

import threading
from collections.abc import Sequence
from pathlib import Path

from drumatlas.errors import FileError
from drumatlas.files import atomic
from drumatlas.midi.files.take import take_bytes
from drumatlas.play.events import Output
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

MOST = 999  # takes in a folder


class Takes:
    """Writes keep-001.mid, keep-002.mid and so on (a box without a network knows no date).
    `last` is the last one written, `fault` why one could not be."""

    def __init__(self, folder: Path) -> None:
        self.last: Path | None = None
        self.fault = ""
        self._folder = folder
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def keep(self, outputs: Sequence[Output]) -> None:
        """Write them; returns at once."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._write, args=(outputs,), name="take", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Wait until all are written (5 s each at most)."""
        for thread in self._threads:
            thread.join(timeout=5)

    def _write(self, outputs: Sequence[Output]) -> None:
        request_realtime(SLOW_PRIORITY)
        with self._lock:  # one after the other, each under a number of its own
            try:
                path = self._free()
                with atomic(path) as stream:
                    stream.write(take_bytes(outputs))
                self.last, self.fault = path, ""
            except OSError as error:  # also what a failing card gives between two steps
                self.fault = f"keep: {error}"
            except Exception as error:  # no memory, say
                self.fault = f"keep: not written: {type(error).__name__} {error}".rstrip()

    def _free(self) -> Path:
        for number in range(1, MOST + 1):
            path = self._folder / f"keep-{number:03}.mid"
            if not path.exists():
                return path
        raise FileError(f"{self._folder}: {MOST} takes are there", "move some away")
