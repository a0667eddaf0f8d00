"""Reads a slow converter in a thread of its own."""

import threading
from collections.abc import Callable, Sequence

from drumatlas.panel.board import Converter

RETRY_NS = 250_000_000  # between two looks at a converter that does not answer
_ROUND_S = 0.01  # of the thread that reads a slow converter
_FIRST_S = 0.3  # for its first readings, at the start


class Background:
    """A slow converter, read on a thread of its own: `read` gives the latest and never waits.

    A hung I2C bus holds its thread for as long as the kernel does, and nothing else. `prepare` is
    called on that thread first (for its priority).
    """

    def __init__(
        self,
        converter: Converter,
        channels: Sequence[int],
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._converter = converter
        self._prepare = prepare
        self._channels = tuple(channels)
        self._latest: dict[int, float] = {}
        self._error: OSError | None = None
        self._ends = threading.Event()
        self._has_first = threading.Event()
        self._thread = threading.Thread(target=self._run, name="converter", daemon=True)
        self._thread.start()
        self._has_first.wait(_FIRST_S)

    def read(self, channel: int) -> float:
        """The latest reading; OSError while the converter fails."""
        if self._error is not None:
            raise self._error
        if channel not in self._latest:
            raise OSError("has not answered yet")
        return self._latest[channel]

    def _run(self) -> None:
        self._prepare()
        while not self._ends.is_set():
            try:
                for channel in self._channels:
                    self._latest[channel] = self._converter.read(channel)
                self._error = None
            except OSError as error:
                self._error = error
            self._has_first.set()
            self._ends.wait(RETRY_NS / 1e9 if self._error else _ROUND_S / 4)

    def close(self) -> None:
        """End the thread, if the bus lets it."""
        self._ends.set()
        self._thread.join(_FIRST_S)
        self._converter.close()
