"""Messages that a port had sent before they could be withdrawn. Pure.

The sequencer may withdraw all messages due after a time t and replace them. If the machine pauses
for some milliseconds just then, the port has sent some of them already. The sequencer does not know
that and gives them out again. One clock too many would put a following synth out of step for good,
and a note that is not played again would never end.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    SONG_POSITION,
    START,
    STOP,
    TRANSPORT,
    Event,
    is_note,
    kind,
    note_key,
    note_off,
)

_MOVED_NS = 10_000_000  # a tempo change moves a repeated message by less than this


class AlreadySent:
    """The messages that were sent and not withdrawn, until the sequencer has repeated them.

    Clocks are only counted, since receivers count them: the next clocks that the sequencer gives
    stand for those already sent, however far a tempo change has moved them.
    """

    def __init__(self) -> None:
        self._out: Counter[bytes] = Counter()
        self._until_ns = 0
        self._clocks = 0  # clocks sent and not yet repeated
        self._owed = 0  # of those, the ones that a receiver had counted when it was stopped

    def record(self, delivered: Iterable[tuple[int, bytes]]) -> None:
        """Record the (at_ns, message) pairs that were sent before they could be withdrawn."""
        for at_ns, data in delivered:
            if data == CLOCK:
                self._clocks += 1
            else:
                self._out[data] += 1
            self._until_ns = max(self._until_ns, at_ns + _MOVED_NS)

    def split(self, events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Event]]:
        """Split `events` into (to be sent, already sent).

        The first list begins with note-offs for notes that were sent and are not repeated.
        Therefore the first call after `record` must contain everything that is repeated.
        """
        if not (self._out or self._clocks or self._owed):
            return events, ()
        new: list[Event] = []
        repeated: list[Event] = []
        struck: set[object] = set()
        for event in events:
            (repeated if self._is_out(event, struck) else new).append(event)
        ends = _ends(self._out.elements())
        self._out.clear()
        return [*ends, *new], repeated

    def _is_out(self, event: Event, struck: set[object]) -> bool:
        """Return whether `event` was sent already, and cross it off.

        `struck` holds the subjects (see `_subject`) of new messages before this one. An old message
        of such a subject was sent before the new one, so it can't stand for a later repetition.
        """
        data = event.data
        if data == CLOCK:
            is_out = self._clocks > 0
            self._clocks -= is_out
            return is_out
        subject = _subject(data)
        if event.at_ns <= self._until_ns and self._out[data] > 0 and subject not in struck:
            self._out[data] -= 1
            return True
        if kind(data) != NOTE_OFF:
            struck.add(subject)
        self._count(data)
        return False

    def _count(self, data: bytes) -> None:
        """Follow what this message does to a receiver's count of clocks."""
        if data == START or data[0] == SONG_POSITION:  # the receiver counts from there
            self._clocks = self._owed = 0
        elif data == STOP:  # the receiver ignores clocks until Continue
            self._owed = self._clocks
        elif data == CONTINUE:
            self._clocks, self._owed = self._owed, 0


def _subject(data: bytes) -> object:
    """Return what the message starts or ends: a note, the transport, or only itself."""
    if data[0] in TRANSPORT:
        return SONG_POSITION
    return note_key(data) if is_note(data) else data


def _ends(messages: Iterable[bytes]) -> list[Event]:
    """Return note-offs, due at once, for the note-ons among `messages`."""
    return [note_off(0, note_key(data)) for data in messages if kind(data) == NOTE_ON]
