"""Bring a receiver that has missed messages back into step. Pure: time comes from the messages.

A synth that has missed clocks stays behind for good. So when its port is back, it gets note-offs
for notes that may hang, and then nothing until the next 16th. There, Song Position and Continue set
its position.
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

_LEAD_NS = 10_000_000  # longest time from Continue to its clock, as at Start (play/leading.py)
_MAX_HISTORY = 16  # tempo changes and transport messages remembered, in case some are withdrawn


class Resync:
    """Follows all messages to a receiver; `filter` returns those that may be sent."""

    def __init__(self) -> None:
        self._tempos: deque[TempoChange] = deque(maxlen=_MAX_HISTORY)
        self._transport: deque[Event] = deque(maxlen=_MAX_HISTORY)
        self._keys: set[Key] = set()
        self._waits = False  # for the next 16th
        self._joined_ns = 0  # time of the message that ended the last wait

    def channels(self, known: tuple[int, ...]) -> tuple[int, ...]:
        """Return the `known` channels and all others (0 to 15) that notes were sent on.

        May be called from any thread.
        """
        used = {channel for channel, _ in tuple(self._keys)}
        return (*known, *sorted(used - {*known}))

    def after_loss(self) -> list[Event]:
        """Return note-offs, due at once, for all notes sent so far, since messages may be lost.

        If the receiver is playing, `filter` holds it until the next 16th.
        """
        self._waits = bool(self._transport) and self._transport[-1].data != STOP
        return [note_off(0, key) for key in sorted(self._keys)]

    def withdraw(self, after_ns: int) -> None:
        """Forget the messages due after `after_ns`, which were withdrawn."""
        for history in (self._tempos, self._transport):
            while history and history[-1].at_ns > after_ns:
                history.pop()
        if self._joined_ns > after_ns:
            self._waits, self._joined_ns = True, 0

    def filter(self, outputs: Sequence[Output]) -> list[Event]:
        """Return the messages of `outputs` that may be sent, plus those that set the position.

        `outputs` must be in order of time.
        """
        out: list[Event] = []
        for output in outputs:
            if isinstance(output, TempoChange):
                self._tempos.append(output)
            else:
                out += self._filter(output)
        return out

    def _filter(self, event: Event) -> list[Event]:
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
        return [*self._position(tick, event.at_ns), event]

    def _end_wait(self, at_ns: int) -> None:
        if self._waits:
            self._waits, self._joined_ns = False, at_ns

    def _tick_at(self, at_ns: int) -> int | None:
        """Return the tick of the clock due at `at_ns`; None if no tempo is known."""
        before = (tempo for tempo in reversed(self._tempos) if tempo.at_ns <= at_ns)
        tempo = next(before, None)
        return None if tempo is None else round(tempo.line.tick_at(at_ns))

    def _position(self, tick: int, at_ns: int) -> list[Event]:
        """Return Song Position and Continue, at most half a tick before the clock of `tick`."""
        lead_ns = min(_LEAD_NS, round(self._tempos[-1].line.ns_per_tick / 2))
        self._end_wait(at_ns - lead_ns)
        position = song_position(tick // STEP_TICKS)
        return [Event(at_ns - lead_ns, position), Event(at_ns - lead_ns, CONTINUE)]
