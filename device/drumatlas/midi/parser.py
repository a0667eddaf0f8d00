"""Parse MIDI bytes into messages, with limited memory and time per byte for any input.

Follows MIDI 1.0: it accepts running status and real-time bytes inside other messages, and drops
SysEx. mido's parser drops running status (mido#340) and stores an unterminated SysEx without limit.
"""

_LENGTH = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3}  # by high nibble
_SYSTEM = {0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1}


class MessageParser:
    """Takes bytes in pieces of any size and returns complete messages."""

    def __init__(self) -> None:
        self._status = 0  # 0 if data bytes belong to no message or to SysEx
        self._data = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes, in order."""
        messages: list[bytes] = []
        for byte in data:
            if byte >= 0xF8:  # real time, which may stand inside any other message
                if byte not in {0xF9, 0xFD}:  # undefined
                    messages.append(bytes((byte,)))
            elif byte >= 0x80:
                self._begin(byte, messages)
            elif self._status:
                self._data.append(byte)
                if len(self._data) + 1 == self._length(self._status):
                    messages.append(bytes((self._status, *self._data)))
                    self._data.clear()
                    if self._status >= 0xF0:
                        self._status = 0  # running status is for channel messages
        return messages

    def _begin(self, status: int, messages: list[bytes]) -> None:
        self._data.clear()
        length = self._length(status)
        if length == 1:
            messages.append(bytes((status,)))
        # SysEx, its end and undefined bytes have length 0: skip data bytes until the next status.
        self._status = status if length > 1 else 0

    @staticmethod
    def _length(status: int) -> int:
        return _LENGTH[status >> 4] if status < 0xF0 else _SYSTEM.get(status, 0)
