"""The messages that the child has yet to send, by time, and those it sent last. Pure."""

import heapq
from collections import deque
from collections.abc import Sequence

from drumatlas.midi.already_sent import AlreadySent
from drumatlas.midi.process.frames import RECONNECTED, SETTLED
from drumatlas.play.events import CLOCK, NOTE_OFF, NOTE_ON, Event, kind

# If the machine pauses, messages become overdue. Clocks are all sent, since receivers count them,
# but spaced at least as at 400 BPM. Note-ons that are too late are dropped.
_SPACE_NS = 6_250_000
_LATE_NS = 50_000_000
_MAX_SENT = 500  # sent messages that may yet be withdrawn; a look-ahead holds some dozens


class Pending:
    """Takes frames (see frames.py) and returns the messages to send.

    If a withdrawal comes too late for some messages, their repetitions are dropped.
    """

    def __init__(self) -> None:
        self._due: list[tuple[int, int, bytes]] = []
        self._order = 0
        self._sent: deque[tuple[int, bytes]] = deque(maxlen=_MAX_SENT)
        self._already_sent = AlreadySent()
        self._again: list[Event] | None = None  # replacements, from a withdrawal to SETTLED
        self._clock_ns = 0  # when the last clock was sent

    def next_ns(self) -> int | None:
        """Return when the next message is due (monotonic ns); None if none is waiting."""
        if not self._due:
            return None
        due_ns, _, message = self._due[0]
        return max(due_ns, self._clock_ns + _SPACE_NS) if message == CLOCK else due_ns

    def pop(self, now_ns: int) -> bytes:
        """Remove and return the next message, to be sent now; b"" for a note that is too late."""
        due_ns, _, message = heapq.heappop(self._due)
        if message == CLOCK:
            self._clock_ns = now_ns
        if kind(message) == NOTE_ON and now_ns - due_ns >= _LATE_NS:
            return b""
        self._sent.append((due_ns, message))
        return message

    def take(self, at_ns: int, message: bytes) -> None:
        """Accept a frame, in the order in which frames arrive."""
        if not message:
            self._withdraw(at_ns)
        elif message == SETTLED:
            self.settle()
        elif message == RECONNECTED:
            self._forget()
        elif self._again is not None:
            self._again.append(Event(at_ns, message))
        else:
            self._schedule([Event(at_ns, message)])

    def settle(self) -> None:
        """Schedule the replacements of withdrawn messages, since all of them have arrived."""
        if self._again is not None:
            again, self._again = self._again, None
            self._schedule(again)

    def _forget(self) -> None:
        """Drop messages for a receiver that has missed earlier ones; note-offs may stay."""
        self.settle()
        self._due = [due for due in self._due if kind(due[2]) == NOTE_OFF]
        heapq.heapify(self._due)

    def _withdraw(self, after_ns: int) -> None:
        self.settle()
        self._due = [due for due in self._due if due[0] <= after_ns]
        heapq.heapify(self._due)
        self._already_sent.record(sent for sent in self._sent if sent[0] > after_ns)
        self._sent = deque((sent for sent in self._sent if sent[0] <= after_ns), _MAX_SENT)
        self._again = []

    def _schedule(self, events: Sequence[Event]) -> None:
        new, repeated = self._already_sent.split(events)
        # The repeated ones may be withdrawn again.
        self._sent.extend((event.at_ns, event.data) for event in repeated)
        for event in new:
            self._order += 1
            heapq.heappush(self._due, (event.at_ns, self._order, event.data))
