"""Messages that are due, in order of time, and the ends of the notes that sound."""

import heapq
from dataclasses import dataclass, field

from drumatlas.play.events import (
    RANK_CLOCK,
    RANK_OFF,
    RANK_ON,
    Event,
    Key,
    Output,
    note_key,
    note_off,
)

_Due = tuple[int, int, int, Output]  # at_ns, rank, order among equals, message


@dataclass(slots=True)
class Outbox:
    """Messages that are still to be given out. Giving out a note-on queues its own note-off, so
    that every note ends, whatever else is dropped."""

    due: list[_Due] = field(default_factory=list)
    sounding: dict[Key, int] = field(default_factory=dict)  # when each sounding note ends
    order: int = 0

    def copy(self) -> "Outbox":
        """Return a copy that can be changed independently."""
        return Outbox(self.due.copy(), self.sounding.copy(), self.order)

    def push(self, rank: int, what: Output) -> None:
        """Add a message. Within one nanosecond, messages are ordered by `rank`, then by order of
        pushing."""
        self.order += 1
        heapq.heappush(self.due, (what.at_ns, rank, self.order, what))

    def give(self, until_ns: int, gate_ns: int) -> list[Output]:
        """Remove and return everything that is due up to `until_ns` (monotonic ns). Notes that
        begin now sound for `gate_ns` times their own gate."""
        out: list[Output] = []
        while self.due and self.due[0][0] <= until_ns:
            at_ns, rank, _, what = heapq.heappop(self.due)
            if isinstance(what, Event) and rank in {RANK_ON, RANK_OFF}:
                key = note_key(what.data)
                if rank == RANK_OFF and self.sounding.get(key) != at_ns:
                    continue  # the note was struck again since, and that one ends later
                if self.sounding.pop(key, None) is not None and rank == RANK_ON:
                    out.append(note_off(at_ns, key))
                if rank == RANK_ON:
                    self._end_later(key, at_ns + max(round(gate_ns * what.gate), 1))
            out.append(what)
        return out

    def _end_later(self, key: Key, ends_ns: int) -> None:
        self.sounding[key] = ends_ns
        self.push(RANK_OFF, note_off(ends_ns, key))

    def silence(self, at_ns: int) -> list[Output]:
        """Return note-offs for every sounding note, due now; everything else stays due."""
        out: list[Output] = [note_off(at_ns, key) for key in sorted(self.sounding)]
        self.sounding.clear()
        self.due = [due for due in self.due if due[1] != RANK_OFF]
        heapq.heapify(self.due)
        return out

    def clear(self, at_ns: int) -> list[Output]:
        """Return note-offs for every sounding note, due now, and drop everything that is due."""
        out = self.silence(at_ns)
        self.due.clear()
        return out

    def skip_to(self, now_ns: int) -> None:
        """Drop overdue clocks and all notes that have not begun; anything else that is overdue is
        due now."""
        self.sounding = {key: max(ends_ns, now_ns) for key, ends_ns in self.sounding.items()}
        kept: list[_Due] = []
        for at_ns, rank, order, what in self.due:
            if rank == RANK_ON or (rank == RANK_CLOCK and at_ns < now_ns):
                continue
            is_late = at_ns < now_ns and isinstance(what, Event)
            one = what.delayed(now_ns - at_ns) if is_late else what
            kept.append((max(at_ns, now_ns), rank, order, one))
        self.due = sorted(kept)

    def shift(self, by_ns: int) -> None:
        """Delay everything by `by_ns`."""
        self.due = [
            (at_ns + by_ns, rank, order, what.delayed(by_ns))
            for at_ns, rank, order, what in self.due
        ]
        self.sounding = {key: ends_ns + by_ns for key, ends_ns in self.sounding.items()}
