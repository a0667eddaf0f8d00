"""What a sending process has still to send, in order of time, and what it sent last. Pure."""

import heapq
from collections import deque
from collections.abc import Sequence

from drumatlas.midi.late import Late
from drumatlas.midi.process.frames import REJOINED, SETTLED
from drumatlas.play.events import CLOCK, NOTE_OFF, NOTE_ON, Event, kind

# What a machine that stood still has left over: clocks are made up for one by one, since others
# count them, but no closer than at 400 BPM; notes that are this late do not begin.
_SPACE_NS = 6_250_000
_LATE_NS = 50_000_000
_KEPT = 500  # messages that were sent and may yet be taken back: a look-ahead holds some dozens


class Pending:
    """Frames in (see frames.py), messages out. A withdrawal that comes too late for some takes
    their successors back."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, bytes]] = []
        self._order = 0
        self._sent: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        self._late = Late()
        self._again: list[Event] | None = None  # since a withdrawal, until all of it has come
        self._clock_ns = 0  # when the last clock was sent

    def next_ns(self) -> int | None:
        """When the next message is due; None if none waits."""
        if not self._due:
            return None
        due_ns, _, message = self._due[0]
        return max(due_ns, self._clock_ns + _SPACE_NS) if message == CLOCK else due_ns

    def pop(self, now_ns: int) -> bytes:
        """The next message, to be sent now; nothing if it is a note that is too late."""
        due_ns, _, message = heapq.heappop(self._due)
        if message == CLOCK:
            self._clock_ns = now_ns
        if kind(message) == NOTE_ON and now_ns - due_ns >= _LATE_NS:
            return b""
        self._sent.append((due_ns, message))
        return message

    def take(self, at_ns: int, message: bytes) -> None:
        """A frame."""
        if not message:
            self._withdraw(at_ns)
        elif message == SETTLED:
            self.settle()
        elif message == REJOINED:
            self._forget()
        elif self._again is not None:
            self._again.append(Event(at_ns, message))
        else:
            self._give([Event(at_ns, message)])

    def settle(self) -> None:
        """All that was taken back and comes again has come."""
        if self._again is not None:
            again, self._again = self._again, None
            self._give(again)

    def _forget(self) -> None:
        """Drop what was meant for a receiver that had heard all before it. Ends of notes do no
        harm."""
        self.settle()
        self._due = [due for due in self._due if kind(due[2]) == NOTE_OFF]
        heapq.heapify(self._due)

    def _withdraw(self, after_ns: int) -> None:
        self.settle()
        self._due = [due for due in self._due if due[0] <= after_ns]
        heapq.heapify(self._due)
        self._late.note(sent for sent in self._sent if sent[0] > after_ns)
        self._sent = deque((sent for sent in self._sent if sent[0] <= after_ns), _KEPT)
        self._again = []

    def _give(self, events: Sequence[Event]) -> None:
        new, again = self._late.sift(events)
        self._sent.extend((event.at_ns, event.data) for event in again)  # may be taken back, too
        for event in new:
            self._order += 1
            heapq.heappush(self._due, (event.at_ns, self._order, event.data))
