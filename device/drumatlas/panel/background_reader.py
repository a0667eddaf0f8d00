"""Reads a slow converter on a thread of its own."""

import threading
from collections.abc import Callable, Sequence

from drumatlas.panel.board import Converter

RETRY_NS = 250_000_000  # between two attempts to read a converter that does not answer
_ROUND_S = 0.01  # four pauses of the thread
_TIMEOUT_S = 0.3  # for the first readings, and for the thread to end


class BackgroundReader:
    """Reads `channels` of a slow converter on a thread, so that `read` never waits.

    If the I2C bus hangs, it blocks this thread only. The thread first calls `prepare`, which sets
    its priority.
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
        self._is_closing = threading.Event()
        self._has_first = threading.Event()
        self._thread = threading.Thread(target=self._run, name="converter", daemon=True)
        self._thread.start()
        self._has_first.wait(_TIMEOUT_S)

    def read(self, channel: int) -> float:
        """Return the latest reading of `channel`, 0..1. Raise OSError while the converter fails."""
        if self._error is not None:
            raise self._error
        if channel not in self._latest:
            raise OSError("has not answered yet")
        return self._latest[channel]

    def _run(self) -> None:
        self._prepare()
        while not self._is_closing.is_set():
            try:
                for channel in self._channels:
                    self._latest[channel] = self._converter.read(channel)
                self._error = None
            except OSError as error:
                self._error = error
            self._has_first.set()
            self._is_closing.wait(RETRY_NS / 1e9 if self._error else _ROUND_S / 4)

    def close(self) -> None:
        """End the thread, unless the bus blocks it, and close the converter."""
        self._is_closing.set()
        self._thread.join(_TIMEOUT_S)
        self._converter.close()
