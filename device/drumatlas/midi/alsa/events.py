"""Encode MIDI messages for the kernel's sequencer: `struct snd_seq_event`, 28 bytes. Pure.

The performer writes all messages of a turn in one system call. The library would make several calls
for each message, and each call gives up the interpreter's lock and must win it back from the
explorer. The layout is that of linux/include/uapi/sound/asequencer.h.
"""

from struct import Struct

from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    CONTROL_CHANGE,
    NOTE_OFF,
    NOTE_ON,
    SONG_POSITION,
    START,
    STOP,
    channel,
    kind,
    position_of,
)

# type, flags, tag, queue; seconds, nanoseconds; source client, port; dest client, port
_HEAD = Struct("<BBBBIIBBBB")
_NOTE = Struct("<BBBBI")  # channel, note, velocity, off velocity, duration
_CONTROL = Struct("<BxxxIi")  # channel, parameter, value

EVENT_SIZE = 28
DIRECT = 253  # in the place of a queue: deliver at once (SNDRV_SEQ_QUEUE_DIRECT)
_DATA_SIZE = EVENT_SIZE - _HEAD.size
_REAL_TIME = 1  # SNDRV_SEQ_TIME_STAMP_REAL; absolute
_SUBSCRIBERS, _UNKNOWN = 254, 253  # destination: all connected ports

_NOTE_TYPES = {NOTE_ON: 6, NOTE_OFF: 7}
_CONTROLLER, _POSITION = 10, 20
_PLAIN_TYPES = {START[0]: 30, CONTINUE[0]: 31, STOP[0]: 32, CLOCK[0]: 36}


def stamps(events: bytes) -> list[tuple[int, tuple[int, int]]]:
    """Return (queue, (seconds, nanoseconds) of its time when due) of each packed event."""
    starts = range(0, len(events) - EVENT_SIZE + 1, EVENT_SIZE)
    heads = (_HEAD.unpack_from(events, start) for start in starts)
    return [(head[3], head[4:6]) for head in heads]


def pack(message: bytes, stamp: tuple[int, int], queue: int, source: tuple[int, int]) -> bytes:
    """Return the event of a message from port `source` (client, port) to its subscribers.

    It is due at `stamp`, the (seconds, nanoseconds) of `queue`. ValueError for a message that our
    sequencer never sends.
    """
    status, note_type = message[0], _NOTE_TYPES.get(kind(message))
    if status in _PLAIN_TYPES:
        event_type, data = _PLAIN_TYPES[status], b""
    elif note_type:
        event_type, data = note_type, _NOTE.pack(channel(message), message[1], message[2], 0, 0)
    elif kind(message) == CONTROL_CHANGE:
        event_type = _CONTROLLER
        data = _CONTROL.pack(channel(message), message[1], message[2])
    elif status == SONG_POSITION:
        event_type, data = _POSITION, _CONTROL.pack(0, 0, position_of(message))
    else:
        raise ValueError(f"unexpected message: {message.hex()}")
    head = _HEAD.pack(event_type, _REAL_TIME, 0, queue, *stamp, *source, _SUBSCRIBERS, _UNKNOWN)
    return head + data.ljust(_DATA_SIZE, b"\0")
