"""Brings an output that has lost messages back into step.

A synth that has missed clocks is behind by as many for good. So when its port is back, notes
that may hang are ended, and it hears nothing but that until the next 16th, where Song Position
and Continue tell it the place. Time is only read from the messages.
"""

from collections import deque
from collections.abc import Sequence

from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_ON,
    START,
    STOP,
    Event,
    Key,
    Output,
    TempoChange,
    kind,
    note_key,
    note_off,
    song_position,
)
from drumatlas.play.timeline import STEP_TICKS

_LEAD_NS = 10_000_000  # from Continue to its clock at most, as at Start (play/leading.py)
_KEPT = 16  # of the last tempi and transport messages, for those that are taken back


class Rejoin:
    """Sees all that is sent; `sift` gives what may go out."""

    def __init__(self) -> None:
        self._changes: deque[TempoChange] = deque(maxlen=_KEPT)
        self._transport: deque[Event] = deque(maxlen=_KEPT)
        self._keys: set[Key] = set()
        self._waits = False  # for the next 16th
        self._joined_ns = 0  # when the last wait ended, by the message that ended it

    def channels(self, known: tuple[int, ...]) -> tuple[int, ...]:
        """`known`, and what else notes were ever begun on. From any thread."""
        begun = {channel for channel, _ in tuple(self._keys)}
        return (*known, *sorted(begun - {*known}))

    def lost(self) -> list[Event]:
        """Messages may have been lost up to now: gives the ends of all notes that were ever
        begun, due at once. Who was told to play waits for the next 16th."""
        self._waits = bool(self._transport) and self._transport[-1].data != STOP
        return [note_off(0, key) for key in sorted(self._keys)]

    def withdraw(self, after_ns: int) -> None:
        """What was given with a later time is taken back."""
        for kept in (self._changes, self._transport):
            while kept and kept[-1].at_ns > after_ns:
                kept.pop()
        if self._joined_ns > after_ns:
            self._waits, self._joined_ns = True, 0

    def sift(self, outputs: Sequence[Output]) -> list[Event]:
        """The messages of `outputs` (in order of time) that may be sent, and what brings the
        receiver to its place."""
        out: list[Event] = []
        for output in outputs:
            if isinstance(output, TempoChange):
                self._changes.append(output)
            else:
                out += self._one(output)
        return out

    def _one(self, event: Event) -> list[Event]:
        data = event.data
        if data in {START, CONTINUE, STOP}:
            self._transport.append(event)
            self._end_wait(event.at_ns)
        elif kind(data) == NOTE_ON:
            self._keys.add(note_key(data))
            return [] if self._waits else [event]
        if data != CLOCK or not self._waits:
            return [event]
        tick = self._tick_at(event.at_ns)
        if tick is None or tick % STEP_TICKS:
            return []
        return [*self._place(tick, event.at_ns), event]

    def _end_wait(self, at_ns: int) -> None:
        if self._waits:
            self._waits, self._joined_ns = False, at_ns

    def _tick_at(self, at_ns: int) -> int | None:
        """The tick of the clock that is due at `at_ns`; None where no run is known."""
        before = (change for change in reversed(self._changes) if change.at_ns <= at_ns)
        change = next(before, None)
        return None if change is None else round(change.line.tick_at(at_ns))

    def _place(self, tick: int, at_ns: int) -> list[Event]:
        """Song Position and Continue, ahead of the clock of `tick` by half a tick at most."""
        lead_ns = min(_LEAD_NS, round(self._changes[-1].line.ns_per_tick / 2))
        self._end_wait(at_ns - lead_ns)
        place = song_position(tick // STEP_TICKS)
        return [Event(at_ns - lead_ns, place), Event(at_ns - lead_ns, CONTINUE)]
