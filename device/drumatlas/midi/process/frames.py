"""The frames in the pipe to the child process: messages with the times they are due. Pure."""

from collections.abc import Iterator
from struct import Struct

_HEAD = Struct("<qB")  # due time, monotonic ns; length of the message that follows
# Commands, which stand in the place of a message:
WITHDRAW = b""  # withdraw all messages due after the frame's time
SETTLED = b"\0"  # all replacements of withdrawn messages have been given
RECONNECTED = b"\1"  # messages from here on are for a port that is back


def pack(at_ns: int, message: bytes) -> bytes:
    """Return the frame of `message`, at most 255 bytes, due at `at_ns` (monotonic ns).

    `message` may be one of the commands above.
    """
    return _HEAD.pack(at_ns, len(message)) + message


class Frames:
    """Takes bytes in pieces of any size and returns the frames in them."""

    def __init__(self) -> None:
        self._unread = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (at_ns, message) of each frame that `data` completes, in order."""
        self._unread += data
        while len(self._unread) >= _HEAD.size:
            at_ns, length = _HEAD.unpack_from(self._unread)
            end = _HEAD.size + length
            if len(self._unread) < end:
                return
            message = bytes(self._unread[_HEAD.size : end])
            del self._unread[:end]
            yield at_ns, message
