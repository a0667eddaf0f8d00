"""What goes through the pipe to a sending process: messages with the time they are due."""

from collections.abc import Iterator
from struct import Struct

_HEAD = Struct("<qB")  # due time, monotonic ns; length of the message that follows
WITHDRAW = b""  # in the place of a message: takes back what is due later
SETTLED = b"\0"  # the same: all that was taken back and is to be sent again has been packed
REJOINED = b"\1"  # the same: from here on for a port that is back, its place before the beat


def pack(at_ns: int, message: bytes) -> bytes:
    """`message` (255 bytes at most), due at `at_ns`, or one of the words above."""
    return _HEAD.pack(at_ns, len(message)) + message


class Frames:
    """Feed it bytes in pieces of any size; it gives what was packed."""

    def __init__(self) -> None:
        self._unread = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """(at_ns, message) of each frame that `data` completes, in order."""
        self._unread += data
        while len(self._unread) >= _HEAD.size:
            at_ns, length = _HEAD.unpack_from(self._unread)
            end = _HEAD.size + length
            if len(self._unread) < end:
                return
            message = bytes(self._unread[_HEAD.size : end])
            del self._unread[:end]
            yield at_ns, message
