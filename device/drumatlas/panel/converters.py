"""Read a converter's channels, remove spikes and retry after faults. `chips` lists the kinds."""

from collections.abc import Sequence
from statistics import median

from drumatlas.panel.background_reader import RETRY_NS
from drumatlas.panel.board import Converter
from drumatlas.panel.chips import chip_of

SPIKE_COUNTS = 10  # a reading this many counts from the last one is a turn or a spike


class Chip:
    """A converter and its wired channels. `fault` says why it can't be read, or is "".

    If a reading differs from the last one, two more follow at once and their median counts. That
    removes spikes, and a real turn is accepted without delay. A failing converter is tried every
    quarter of a second, at the cost of one reading.
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
        """Return the readings, channel -> 0..1, without the channels that can't be read now."""
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
        if abs(reading - self._last.get(channel, reading)) > SPIKE_COUNTS * self.kind.count:
            reading = median((reading, *(self.converter.read(channel) for _ in range(2))))
        self._last[channel] = reading
        return reading
