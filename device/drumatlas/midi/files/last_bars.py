"""Record the last bars of a performance of any length. Pure.

Outputs arrive in the order in which the sequencer gave them. Musical time is piecewise linear, with
one line for each TempoChange. Runs that continue each other are joined on one count of ticks, so a
stop, a new position or a lost clock leaves no gap in the count. Outputs from more than MAX_BARS
bars ago are forgotten, except for the tempo at that point.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, floor

from drumatlas.play.events import (
    START,
    Event,
    Key,
    Output,
    TempoChange,
    is_note,
    is_note_on,
    note_key,
    note_off,
)
from drumatlas.play.timeline import BAR_TICKS, PPQN, STEP_TICKS, Timeline

BARS = 8
MAX_BARS = BARS + 2  # remembered: one more is not finished, and one is spare
MAX_OUTPUTS = 1 << 14  # remembered; MAX_BARS bars of all 14 voices on each step are 4,480
_FIRST_TRIM = 1 << 10  # outputs, before any are forgotten
_EARLY = STEP_TICKS / 4  # ticks by which a note may be ahead of its grid point


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Musical time from a TempoChange on.

    The ticks of `line` count through joined runs and are `shift` ticks more than the sequencer's
    position. `index` is the change's place among the outputs.
    """

    line: Timeline
    shift: int
    index: int

    @property
    def tick(self) -> float:
        """Where it begins."""
        return self.line.anchor_tick


@dataclass(frozen=True, slots=True)
class _Note:
    """A note-on or note-off, with its tick and its place among the outputs."""

    tick: float
    event: Event
    index: int


@dataclass(slots=True)
class _Take:
    """Joined runs. `first` is the place of the first output among all outputs. `halt` is the tick
    where the last run ended, or None while it goes on."""

    first: int
    stretches: list[_Stretch]
    notes: list[_Note] = field(default_factory=list)
    halt: float | None = None
    halted_ns: int = 0

    @property
    def hits(self) -> list[_Note]:
        return [note for note in self.notes if is_note_on(note.event.data)]

    @property
    def line(self) -> Timeline:
        """The line in force at the end."""
        return self.stretches[-1].line

    def stretch_at(self, tick: float) -> _Stretch:
        """Return the stretch that `tick` is in; before its beginning, the first one."""
        stretches = self.stretches
        return next((one for one in reversed(stretches) if one.tick <= tick), stretches[0])

    def stop(self, at_ns: int) -> None:
        if self.halt is None:
            self.halt, self.halted_ns = self.line.tick_at(at_ns), at_ns

    def is_ended_by(self, change: TempoChange) -> bool:
        """Return whether `change` begins a new take: it starts from the top after a pause.

        An external clock that loops starts from the top without a pause.
        """
        pause_ns = change.at_ns - self.halted_ns
        is_from_top = change.line.anchor_tick == 0 and self.halt is not None
        return is_from_top and pause_ns > PPQN * change.line.ns_per_tick

    def change(self, change: TempoChange, index: int) -> None:
        """Follow a change that does not begin a new take."""
        shift, tick = self.stretches[-1].shift, change.line.anchor_tick
        if change.is_start:
            end = self.line.tick_at(change.at_ns) if self.halt is None else self.halt
            # Keep the phase within the bar. Song Position counts 16ths only, so an external clock
            # may continue up to one 16th before the place where it stopped.
            shift = BAR_TICKS * ceil((end - STEP_TICKS - tick) / BAR_TICKS)
        elif self.halt is not None:
            return  # the tempo changed while nothing was playing
        self.halt = None
        self.stretches.append(_Stretch(change.line.renumbered(shift), shift, index))


class LastBars:
    """Remembers what is played and returns its last bars."""

    def __init__(self) -> None:
        self._played: list[Output] = []  # notes, tempo changes and Starts
        self._trim_at = _FIRST_TRIM

    def __len__(self) -> int:
        """Return how many outputs are remembered."""
        return len(self._played)

    def add(self, outputs: Iterable[Output]) -> None:
        """Add outputs, in the order in which the sequencer gave them."""
        self._played += [output for output in outputs if _matters(output)]
        if len(self._played) > self._trim_at:
            self._trim()

    def withdraw(self, after_ns: int) -> None:
        """Forget the outputs due after `after_ns` (monotonic ns)."""
        played = self._played
        first = len(played)
        # A change by an external clock may be due before messages that were given earlier.
        while first and (
            isinstance(played[first - 1], TempoChange) or played[first - 1].at_ns > after_ns
        ):
            first -= 1
        played[first:] = [output for output in played[first:] if output.at_ns <= after_ns]

    def cut(self, now_ns: int, bars: int = BARS) -> list[Output]:
        """Return the last bars played up to `now_ns`, as a take that begins on a bar line, tick 0.

        While the box plays, these are the last `bars` whole bars (1..BARS), or the first bar if it
        is not finished. After a stop, they are the last bars up to the last note. The list is empty
        if nothing was played.
        """
        takes = [take for take in _takes(self._played, now_ns) if take.hits]
        return _cut(takes[-1], now_ns, bars) if takes else []

    def _trim(self) -> None:
        """Forget the outputs that no later `cut` needs."""
        takes = _takes(self._played)
        ends = [*(take.first for take in takes[1:]), len(self._played)]
        played = [i for i, take in enumerate(takes) if take.hits]
        kept: list[Output] = []
        for i in sorted({*played[-1:], *range(len(takes))[-1:]}):
            bars = MAX_BARS
            part = self._tail(takes[i], ends[i], bars)
            while len(part) > MAX_OUTPUTS // 2 and bars:
                bars //= 2
                part = self._tail(takes[i], ends[i], bars)
            kept += part
        self._played = kept
        self._trim_at = max(_FIRST_TRIM, 2 * len(kept))

    def _tail(self, take: _Take, end: int, bars: int) -> list[Output]:
        """Return the outputs of a take from `bars` bars before its last one to before `end`."""
        last = max(take.stretches[-1].tick, *(note.tick for note in take.notes[-1:]), 0.0)
        cut = (floor(last / BAR_TICKS) - bars) * BAR_TICKS
        stretch = take.stretch_at(cut)
        if stretch.tick >= cut:
            return self._played[take.first : end]
        line = stretch.line.change_tempo(cut, stretch.line.ns_per_tick)
        begin = TempoChange(line.renumbered(-stretch.shift), is_start=True)
        old = {note.index for note in take.notes if note.tick < cut - _EARLY}
        start = self._played[take.first : take.stretches[0].index]
        rest = [self._played[i] for i in range(stretch.index + 1, end) if i not in old]
        return [*start, begin, *rest]


def _matters(output: Output) -> bool:
    return isinstance(output, TempoChange) or is_note(output.data) or output.data == START


def _takes(played: list[Output], now_ns: int | None = None) -> list[_Take]:
    """Split the outputs up to `now_ns` into takes.

    A take begins at each run that continues no other.
    """
    takes: list[_Take] = []
    start: int | None = None  # place of a Start whose run has not begun
    for i, output in enumerate(played):
        if now_ns is not None and output.at_ns > now_ns:
            continue
        if isinstance(output, TempoChange):
            if output.is_stop:
                if takes:
                    takes[-1].stop(output.at_ns)
            elif output.is_start and (
                start is not None or not takes or takes[-1].is_ended_by(output)
            ):
                first = _Stretch(output.line, 0, i)
                takes.append(_Take(i if start is None else start, [first]))
            elif takes:
                takes[-1].change(output, i)
            start = None if output.is_start else start
        elif output.data == START:
            start = i
        elif takes:
            take = takes[-1]
            take.notes.append(_Note(take.line.tick_at(output.at_ns), output, i))
    return takes


def _cut(take: _Take, now_ns: int, bars: int) -> list[Output]:
    first = take.stretches[0].tick
    is_over = take.halt is not None
    last = take.hits[-1].tick + _EARLY if is_over else take.line.tick_at(now_ns)
    end = (floor(last / BAR_TICKS) + is_over) * BAR_TICKS
    if end <= first:
        end = (floor(last / BAR_TICKS) + 1) * BAR_TICKS
    begin = max(end - bars * BAR_TICKS, floor(first / BAR_TICKS) * BAR_TICKS)
    stretch = take.stretch_at(begin)
    changes: list[Output] = [
        TempoChange(one.line.renumbered(-begin))
        for one in take.stretches
        if begin < one.tick < end and one.index > stretch.index
    ]
    # A run may have ended before the bar line, and a later one may have continued after it.
    start_ns = min([stretch.line.time_of(begin), *(change.at_ns for change in changes)])
    inside = [note.event for note in take.notes if begin <= note.tick + _EARLY < end]
    end_ns = max([take.stretch_at(end).line.time_of(end), *(note.at_ns for note in inside)])
    start = TempoChange(Timeline(start_ns, 0, stretch.line.ns_per_tick), is_start=True)
    return sorted([start, *changes, *_whole(inside, end_ns)], key=lambda output: output.at_ns)


def _whole(notes: list[Event], end_ns: int) -> list[Event]:
    """Drop note-offs of notes that began earlier; add note-offs for notes that still sound."""
    out: list[Event] = []
    sounding: set[Key] = set()
    for note in notes:
        key = note_key(note.data)
        if is_note_on(note.data):
            sounding.add(key)
        elif key in sounding:
            sounding.remove(key)
        else:
            continue
        out.append(note)
    return [*out, *(note_off(end_ns, key) for key in sorted(sounding))]
