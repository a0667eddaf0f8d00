"""MIDI messages as the kernel's sequencer takes them: `struct snd_seq_event`, 28 bytes.

Written in one system call for all messages of a turn. The library's way is several calls a
message, each of which gives up the interpreter's lock and has to win it back from the explorer.
Layout: linux/include/uapi/sound/asequencer.h.
"""

from struct import Struct

# type, flags, tag, queue; seconds, nanoseconds; source client, port; dest client, port
_HEAD = Struct("<BBBBIIBBBB")
_NOTE = Struct("<BBBBI")  # channel, note, velocity, off velocity, duration
_CONTROL = Struct("<BxxxIi")  # channel, parameter, value

EVENT_SIZE = 28
DIRECT = 253  # a queue's number for: at once (SNDRV_SEQ_QUEUE_DIRECT)
_DATA_SIZE = EVENT_SIZE - _HEAD.size
_REAL_TIME = 1  # SNDRV_SEQ_TIME_STAMP_REAL; absolute
_SUBSCRIBERS, _UNKNOWN = 254, 253  # to all that are connected

_NOTE_TYPES = {0x90: 6, 0x80: 7}
_CONTROLLER, _SONG_POSITION = 10, 20
_PLAIN_TYPES = {0xFA: 30, 0xFB: 31, 0xFC: 32, 0xF8: 36}


def stamps(events: bytes) -> list[tuple[int, tuple[int, int]]]:
    """(queue, when it was due there: seconds, nanoseconds) of each of the events."""
    starts = range(0, len(events) - EVENT_SIZE + 1, EVENT_SIZE)
    heads = (_HEAD.unpack_from(events, start) for start in starts)
    return [(head[3], head[4:6]) for head in heads]


def pack(message: bytes, stamp: tuple[int, int], queue: int, source: tuple[int, int]) -> bytes:
    """One message of those that the sequencer sends, due at `stamp` (seconds, nanoseconds) of
    `queue`, from port `source` (client, port) to its subscribers."""
    status = message[0]
    kind, channel = status & 0xF0, status & 0x0F
    if status in _PLAIN_TYPES:
        event_type, data = _PLAIN_TYPES[status], b""
    elif kind in _NOTE_TYPES:
        event_type, data = _NOTE_TYPES[kind], _NOTE.pack(channel, message[1], message[2], 0, 0)
    elif kind == 0xB0:
        event_type, data = _CONTROLLER, _CONTROL.pack(channel, message[1], message[2])
    elif status == 0xF2:
        event_type, data = _SONG_POSITION, _CONTROL.pack(0, 0, message[1] | message[2] << 7)
    else:
        raise ValueError(f"no message of ours: {message.hex()}")
    head = _HEAD.pack(event_type, _REAL_TIME, 0, queue, *stamp, *source, _SUBSCRIBERS, _UNKNOWN)
    return head + data.ljust(_DATA_SIZE, b"\0")
