"""What a port delivered before it could be taken back.

A machine that stands still for some milliseconds between "take back all after t" and the taking
back has delivered part of it. The sequencer does not know, and gives it out once more: a clock
too many puts a synth that follows out of step for good, a note that is not played again never
ends.
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

_MOVED_NS = 10_000_000  # a tempo that was changed moves what is given out again, by less than this


class Late:
    """The messages that are out already, until their successors have come. Clocks are counted,
    since receivers count them: one comes for each that is out, however far the tempo moved it."""

    def __init__(self) -> None:
        self._out: Counter[bytes] = Counter()
        self._until_ns = 0
        self._clocks = 0  # out, and not given out again yet
        self._owed = 0  # of those, what a receiver had counted when it was stopped

    def note(self, delivered: Iterable[tuple[int, bytes]]) -> None:
        """These (at_ns, message) went out although they should have been taken back."""
        for at_ns, data in delivered:
            if data == CLOCK:
                self._clocks += 1
            else:
                self._out[data] += 1
            self._until_ns = max(self._until_ns, at_ns + _MOVED_NS)

    def sift(self, events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Event]]:
        """(what of `events` may go out, what of them is out). The former begins with the ends of
        notes that are out and do not come again; so the first call after `note` must have all
        that comes again."""
        if not (self._out or self._clocks or self._owed):
            return events, ()
        kept: list[Event] = []
        again: list[Event] = []
        struck: set[object] = set()
        for event in events:
            (again if self._is_out(event, struck) else kept).append(event)
        ends = _ends(self._out.elements())
        self._out.clear()
        return [*ends, *kept], again

    def _is_out(self, event: Event, struck: set[object]) -> bool:
        """`struck`: the notes, and transport, that were given out anew. What is out of these lies
        before, and ends or undoes nothing of it."""
        data = event.data
        if data == CLOCK:
            is_out = self._clocks > 0
            self._clocks -= is_out
            return is_out
        what = _what(data)
        if event.at_ns <= self._until_ns and self._out[data] > 0 and what not in struck:
            self._out[data] -= 1
            return True
        if kind(data) != NOTE_OFF:
            struck.add(what)
        self._count(data)
        return False

    def _count(self, data: bytes) -> None:
        """What this message does to a receiver's count of clocks."""
        if data == START or data[0] == SONG_POSITION:  # it counts from there
            self._clocks = self._owed = 0
        elif data == STOP:  # it does not count those that come until it goes on
            self._owed = self._clocks
        elif data == CONTINUE:
            self._clocks, self._owed = self._owed, 0


def _what(data: bytes) -> object:
    """Whose beginnings and ends belong together."""
    if data[0] in TRANSPORT:
        return SONG_POSITION
    return note_key(data) if is_note(data) else data


def _ends(messages: Iterable[bytes]) -> list[Event]:
    """Note-offs, due at once, for the note-ons among `messages`."""
    return [note_off(0, note_key(data)) for data in messages if kind(data) == NOTE_ON]
