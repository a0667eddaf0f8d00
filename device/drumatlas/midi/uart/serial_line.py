"""Schedule the bytes on a MIDI cable, one each 320 µs, with clocks before notes. Pure.

A note takes 960 µs, so a step of many voices keeps the line busy for milliseconds. A clock that
becomes due in that time is sent between the bytes, as MIDI 1.0 allows for real-time messages. It
does not overtake Start, Stop, Continue and Song Position, which give it its meaning, nor panic
(the only use of controllers here). Each message is sent with its status byte, so that a receiver
never depends on running status.
"""

from collections import deque

from drumatlas.play.events import CLOCK, CONTROL_CHANGE, is_system, kind

BAUD = 31_250  # MIDI 1.0; +-1 % (IEC 63035)
BYTE_NS = 320_000  # start bit, 8 bits, stop bit
# How far ahead bytes are given to the driver. A clock waits for the bytes that the driver has, two
# at most.
_AHEAD_NS = BYTE_NS


class SerialLine:
    """Takes messages and returns their bytes as fast as the line can send them."""

    def __init__(self) -> None:
        self._bytes: deque[int] = deque()
        self._fixed = 0  # number of bytes at the front that a clock must not overtake
        self._free_ns = 0  # when the line has sent all bytes it was given

    def put(self, message: bytes) -> None:
        """Queue a message."""
        if message == CLOCK:
            self._bytes.insert(self._fixed, message[0])
            self._fixed += 1
            return
        self._bytes.extend(message)
        if is_system(message) or kind(message) == CONTROL_CHANGE:
            self._fixed = len(self._bytes)

    def take(self, now_ns: int) -> bytes:
        """Remove and return the bytes to give to the driver now (monotonic ns)."""
        out = bytearray()
        while self._bytes and self._free_ns - now_ns <= _AHEAD_NS:
            out.append(self._bytes.popleft())
            self._fixed = max(self._fixed - 1, 0)
            self._free_ns = max(self._free_ns, now_ns) + BYTE_NS
        return bytes(out)

    def next_ns(self) -> int | None:
        """Return when `take` will return more bytes; None if none are waiting."""
        return self._free_ns - _AHEAD_NS if self._bytes else None

    def clear(self) -> None:
        """Drop all bytes, since the line is gone."""
        self._bytes.clear()
        self._fixed = 0
