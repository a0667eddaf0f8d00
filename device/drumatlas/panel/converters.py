"""Analog converters of any kind: spikes removed, slow ones on a thread, failing ones tried again.

`chips` has the table of kinds.
"""

import threading
from collections.abc import Callable, Sequence
from statistics import median

from drumatlas.panel.board import Converter
from drumatlas.panel.chips import chip_of

NEWS = 10  # counts: a reading that is so far from the last one is a turn, or a spike
RETRY_NS = 250_000_000  # between two looks at a converter that does not answer
_ROUND_S = 0.01  # of the thread that reads a slow converter
_FIRST_S = 0.3  # for its first readings, at the start


class Chip:
    """A converter and its wired channels, read together. `fault` says why there is nothing now.

    Where a reading differs from the last one, two more are taken at once and the middle one of
    the three counts: a spike is gone, and a turn need not wait for later readings to be believed.
    One that fails costs a single reading every quarter of a second.
    """

    def __init__(self, name: str, converter: Converter, channels: Sequence[int]) -> None:
        self.name = name
        self.kind, _ = chip_of(name)
        self.fault = ""
        self.converter = converter
        self._channels = tuple(channels)
        self._retry_ns = 0
        self._last: dict[int, float] = {}

    def read(self, now_ns: int) -> dict[int, float]:
        """Channel -> 0..1; those that can't be read now are left out."""
        if self.fault and now_ns < self._retry_ns:
            return {}
        readings: dict[int, float] = {}
        try:
            for channel in self._channels:
                readings[channel] = self._settled(channel)
        except OSError as error:
            self.fault = f"converter {self.name}: {error.strerror or error}; its knobs stay put"
            self._retry_ns = now_ns + RETRY_NS
        else:
            self.fault = ""
        return readings

    def _settled(self, channel: int) -> float:
        reading = self.converter.read(channel)
        if abs(reading - self._last.get(channel, reading)) > NEWS * self.kind.count:
            reading = median((reading, *(self.converter.read(channel) for _ in range(2))))
        self._last[channel] = reading
        return reading


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
