"""Save the last 8 bars: write takes into a folder, each in its own thread."""

import threading
from collections.abc import Sequence
from pathlib import Path

from drumatlas.errors import FileError
from drumatlas.files import atomic
from drumatlas.midi.files.take import take_bytes
from drumatlas.play.events import Output
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

MAX_TAKES = 999  # in a folder


class Takes:
    """Writes keep-001.mid, keep-002.mid and so on into `folder`.

    The names are numbers because a box without a network does not know the date. `last` is the last
    file written; `fault` says why the last take could not be written, or is ''.
    """

    def __init__(self, folder: Path) -> None:
        self.last: Path | None = None
        self.fault = ""
        self._folder = folder
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def keep(self, outputs: Sequence[Output]) -> None:
        """Start writing the outputs as a MIDI file; return at once."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._write, args=(outputs,), name="take", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Wait until all takes are written, 5 s at most for each."""
        for thread in self._threads:
            thread.join(timeout=5)

    def _write(self, outputs: Sequence[Output]) -> None:
        request_realtime(SLOW_PRIORITY)
        with self._lock:  # one at a time, so that each gets its own number
            try:
                path = self._free()
                with atomic(path) as stream:
                    stream.write(take_bytes(outputs))
                self.last, self.fault = path, ""
            except OSError as error:  # includes FileError, and errors of a failing card
                self.fault = f"keep: {error}"
            except Exception as error:  # such as MemoryError
                self.fault = f"keep: not written: {type(error).__name__} {error}".rstrip()

    def _free(self) -> Path:
        for number in range(1, MAX_TAKES + 1):
            path = self._folder / f"keep-{number:03}.mid"
            if not path.exists():
                return path
        raise FileError(f"{self._folder}: already holds {MAX_TAKES} takes", "move some away")
