"""Analog converters of any kind: spikes removed, slow ones on a thread, failing ones tried again.

`chips` has the table of kinds.
"""

from collections.abc import Sequence
from statistics import median

from drumatlas.panel.background import RETRY_NS
from drumatlas.panel.board import Converter
from drumatlas.panel.chips import chip_of

NEWS = 10  # counts: a reading that is so far from the last one is a turn, or a spike


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
