"""What a MIDI cable can carry: a byte each 320 µs, and clocks before all that may wait. Pure.

A note takes 960 µs, so a step of many voices keeps the line busy for milliseconds. A clock that
is due meanwhile goes between the bytes, as MIDI 1.0 lets real-time messages; but it does not
overtake Start, Stop, Continue and Song Position, which say what it means, nor panic (controllers
are sent for nothing else). Each message has its status byte: no receiver has to remember the one
before.
"""

from collections import deque

from drumatlas.play.events import CLOCK, CONTROL_CHANGE, is_system, kind

BAUD = 31_250  # MIDI 1.0; +-1 % (IEC 63035)
BYTE_NS = 320_000  # start bit, 8 bits, stop bit
# How far ahead bytes are handed to the driver. A clock waits for what it has already: for two
# bytes at most.
_AHEAD_NS = BYTE_NS


class SerialLine:
    """Messages in, bytes out as fast as the line sends them."""

    def __init__(self) -> None:
        self._bytes: deque[int] = deque()
        self._kept = 0  # so many of them must not be overtaken by a clock
        self._free_ns = 0  # when all that was given out is sent

    def put(self, message: bytes) -> None:
        """Let `message` wait for its turn."""
        if message == CLOCK:
            self._bytes.insert(self._kept, message[0])
            self._kept += 1
            return
        self._bytes.extend(message)
        if is_system(message) or kind(message) == CONTROL_CHANGE:
            self._kept = len(self._bytes)

    def take(self, now_ns: int) -> bytes:
        """The bytes that go to the driver now."""
        out = bytearray()
        while self._bytes and self._free_ns - now_ns <= _AHEAD_NS:
            out.append(self._bytes.popleft())
            self._kept = max(self._kept - 1, 0)
            self._free_ns = max(self._free_ns, now_ns) + BYTE_NS
        return bytes(out)

    def next_ns(self) -> int | None:
        """When `take` gives more; None if nothing waits."""
        return self._free_ns - _AHEAD_NS if self._bytes else None

    def clear(self) -> None:
        """Forget what waits: the line is gone."""
        self._bytes.clear()
        self._kept = 0
