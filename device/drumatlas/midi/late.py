"""What a port delivered before it could be taken back.

A machine that stands still for some milliseconds between "take back all after t" and the taking
back has delivered part of it. The sequencer does not know, and gives it out once more: a clock
too many puts a synth that follows out of step for good, a note that is not played again never
ends.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from drumatlas.play.events import NOTE_OFF, NOTE_ON, RELEASE_VELOCITY, Event

_MOVED_NS = 10_000_000  # a tempo that was changed moves what is given out again, by less than this


class Late:
    """The messages that are out already, until their successors have come."""

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self._until_ns = 0

    def note(self, delivered: Iterable[tuple[int, bytes]]) -> None:
        """These (at_ns, message) went out although they should have been taken back."""
        for at_ns, data in delivered:
            self._data.append(data)
            self._until_ns = max(self._until_ns, at_ns + _MOVED_NS)

    def sift(self, events: Sequence[Event]) -> Sequence[Event]:
        """`events` without those that are out; first the ends of notes that are out and do not
        come again."""
        if not self._data:
            return events
        out = Counter(self._data)
        kept = []
        for event in events:
            if event.at_ns <= self._until_ns and out[event.data]:
                out[event.data] -= 1
            else:
                kept.append(event)
        self._data, self._until_ns = [], 0
        return [*_ends(out.elements()), *kept]


def _ends(messages: Iterable[bytes]) -> list[Event]:
    """Note-offs, due at once, for the note-ons among `messages`."""
    return [
        Event(0, bytes((NOTE_OFF | data[0] & 0x0F, data[1], RELEASE_VELOCITY)))
        for data in messages
        if data[0] & 0xF0 == NOTE_ON
    ]
