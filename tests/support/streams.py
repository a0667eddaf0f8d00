"""The promises of every output stream, and a checker of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    START,
    STOP,
    Event,
    Output,
    TempoChange,
)
from drumatlas.play.timeline import STEP_TICKS, ns_per_tick

LEAD_NS = 1_000_000  # Start comes at least this long before its first clock
_FASTEST_NS = ns_per_tick(300) - 2  # between two clocks of ours
_ROUNDING_NS = 1_000
# A tempo change is in force for the length of notes from when it is asked for, and is put into the
# stream at the next tick, which lies this far ahead at most (20 ms of early voices and a tick).
_AHEAD_NS = 150_000_000

Key = tuple[int, int]  # channel, note
Span = tuple[int, int]  # from, to (ns)


@dataclass(frozen=True, slots=True)
class Promises:
    """The limits that a stream has to keep.

    `gate`: the longest note, in steps. A note-off that comes later than that is as wrong as one
    that never comes. None where arrival times mean nothing.
    `slowest_tick_ns`: the longest tick of a leader, whose tempo the stream shows only once a beat.
    `skipped`: stretches of time that were left out; notes that sounded then end later.
    `spacing_ns`: the least time between two clocks.
    `lead_ns`: from Start to its first clock. 0: a leader may start again while it plays. None:
    notes come without a Start, since a leader's transport is not passed on.
    `idle_clock`: clocks come while stopped, too.
    """

    gate: float | None = 0.5
    slowest_tick_ns: float = 0.0
    skipped: Sequence[Span] = ()
    spacing_ns: float = _FASTEST_NS
    lead_ns: int | None = LEAD_NS
    idle_clock: bool = False


def check(
    outputs: Iterable[Output], promises: Promises | None = None, *, is_over: bool = True
) -> Counter[str]:
    """Assert what any output stream must hold to, whatever was done to the sequencer.

    Times never run back. Clocks and notes come only between Start and Stop. Start comes before its
    first clock. No two clocks of a run are closer than the fastest tempo allows. Every note-on is
    ended before the same note sounds again, at the latest when its gate is over, and by Stop, which
    ends the stream unless `is_over` is false. Return how many messages of each kind there were.
    """
    every = list(outputs)
    changes = [output for output in every if isinstance(output, TempoChange)]
    stream = _Stream(promises or Promises(), changes)
    for output in every:
        if isinstance(output, Event):
            stream.see(output)
    if is_over:
        assert not stream.sounding, "notes left hanging"
        assert stream.started_ns is None, "no Stop at the end"
    return stream.counts


@dataclass
class _Stream:
    """A stream up to one of its messages."""

    promises: Promises
    changes: list[TempoChange]
    counts: Counter[str] = field(default_factory=Counter)
    sounding: dict[Key, float] = field(default_factory=dict)  # the latest end of each note, ns
    last_ns: int = -1
    clock_ns: int | None = None
    started_ns: int | None = None
    is_first: bool = False  # whether the next clock is the first since Start

    @property
    def plays_alone(self) -> bool:
        """Whether notes may come without a Start."""
        return self.promises.lead_ns is None

    def see(self, event: Event) -> None:
        """Check the next message."""
        data = event.data
        assert event.at_ns >= self.last_ns, "time runs back"
        self.last_ns = event.at_ns
        for key, end_ns in self.sounding.items():
            assert event.at_ns <= end_ns, f"note {key} sounds longer than its gate"
        kind = data[0] if data[0] >= 0xF0 else data[0] & 0xF0
        self.counts[f"{kind:02x}"] += 1
        if data in {START, CONTINUE}:
            assert self.started_ns is None or self.promises.lead_ns == 0, "Start while playing"
            self.started_ns, self.is_first = event.at_ns, True
        elif data == STOP:
            self._stop()
        elif data == CLOCK:
            self._clock(event.at_ns)
        elif kind == NOTE_ON:
            self._note_on(event)
        elif kind == NOTE_OFF:
            ends_ns = self.sounding.pop((data[0] & 0x0F, data[1]), None)
            assert ends_ns is not None, "note-off of a note that doesn't sound"
        else:
            assert kind in {0xB0, 0xF2}, f"unexpected {data.hex()}"

    def _stop(self) -> None:
        assert self.started_ns is not None, "Stop while stopped"
        assert not self.sounding or self.plays_alone, "notes sound after Stop"
        self.started_ns = None

    def _clock(self, at_ns: int) -> None:
        assert self.started_ns is not None or self.promises.idle_clock, "clock while stopped"
        if self.is_first and self.started_ns is not None:
            lead_ns = LEAD_NS if self.promises.lead_ns is None else self.promises.lead_ns
            assert at_ns - self.started_ns >= lead_ns, "first clock too near to Start"
            self.is_first = False
        if self.clock_ns is not None:
            assert at_ns - self.clock_ns >= self.promises.spacing_ns, "clocks bunch"
        self.clock_ns = at_ns

    def _note_on(self, event: Event) -> None:
        key = (event.data[0] & 0x0F, event.data[1])
        assert self.started_ns is not None or self.plays_alone, "note while stopped"
        assert not self.is_first or self.plays_alone, "note before the first clock"
        assert 1 <= event.data[2] <= 127
        assert key not in self.sounding, "note-on of a note that sounds"
        self.sounding[key] = self._latest_end(event.at_ns)

    def _latest_end(self, at_ns: int) -> float:
        """When a note that begins at `at_ns` has to be over, at the slowest tempo in question."""
        before = [change for change in self.changes if change.at_ns <= at_ns]
        if self.promises.gate is None or not before:
            return float("inf")
        ahead_ns = at_ns + _AHEAD_NS
        for from_ns, to_ns in self.promises.skipped:  # which moves what is still to come
            if at_ns <= from_ns <= ahead_ns:
                ahead_ns += to_ns - from_ns
        soon = [change for change in self.changes if at_ns < change.at_ns <= ahead_ns]
        ticks = [change.line.ns_per_tick for change in (before[-1], *soon)]
        tick_ns = max(*ticks, self.promises.slowest_tick_ns)
        end_ns = at_ns + self.promises.gate * STEP_TICKS * tick_ns + _ROUNDING_NS
        for from_ns, to_ns in self.promises.skipped:
            if at_ns <= from_ns <= end_ns:
                end_ns += to_ns - from_ns
        return end_ns
