"""What was really played, kept for a while, and its last bars as a take.

The performer only appends to a bounded queue; the slow loop takes from it.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile

from drumatlas.midi.port import OutputPort
from drumatlas.play.events import Event, Output, TempoChange
from drumatlas.play.outbox import note_off
from drumatlas.play.transport import BAR_TICKS, STEP_TICKS

BARS = 8
_QUEUE = 4096  # calls of the performer that the slow loop may be behind: 80 s
_MOST = 1 << 15  # messages: 9 bars of all 14 voices on each step, and clocks, are 5,000
_EARLY = STEP_TICKS / 4  # notes may be ahead of their grid point


class Tape:
    """An output that passes everything on to `port` and remembers it."""

    def __init__(self, port: OutputPort) -> None:
        self._port = port
        self._queue: deque[tuple[int, Sequence[Output]]] = deque(maxlen=_QUEUE)
        self._played: deque[Output] = deque(maxlen=_MOST)
        # Who else follows, from the slow loop: what was taken back after a time (0: nothing),
        # and what was played.
        # Who must know of it before it comes back: from the performer's thread, only to append it.
        self.on_send: Callable[[int, Sequence[Output]], None] = lambda _after_ns, _outputs: None
        self.on_played: Callable[[int, Sequence[Output]], None] | None = None

    @property
    def name(self) -> str:
        """The port's."""
        return self._port.name

    @property
    def delivery(self) -> str:
        """The port's."""
        return self._port.delivery

    @property
    def guard_ns(self) -> int:
        """The port's."""
        return self._port.guard_ns

    @property
    def fault(self) -> str:
        """The port's."""
        return self._port.fault

    def send(self, outputs: Sequence[Output]) -> None:
        """Pass on, and remember."""
        self.on_send(0, outputs)
        self._port.send(outputs)
        if outputs:
            self._queue.append((0, outputs))

    def withdraw(self, after_ns: int) -> None:
        """Take back from the port, and forget."""
        self._port.withdraw(after_ns)
        self.on_send(after_ns, ())
        self._queue.append((after_ns, ()))

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def tick(self, _now_ns: int) -> None:
        """From the slow loop: take over what the performer has left."""
        for _ in range(len(self._queue)):
            after_ns, outputs = self._queue.popleft()
            while after_ns and self._played and self._played[-1].at_ns > after_ns:
                self._played.pop()
            self._played.extend(outputs)
            if self.on_played:
                self.on_played(after_ns, outputs)

    def sent_since(self, since_ns: int) -> list[Event]:
        """The messages due at `since_ns` or later, also those still to come. From the slow loop."""
        self.tick(since_ns)
        late = takewhile(lambda output: output.at_ns >= since_ns, reversed(self._played))
        return [output for output in late if isinstance(output, Event)][::-1]

    def last_bars(self, now_ns: int, bars: int = BARS) -> list[Output]:
        """What was played up to `now_ns`, as a take that begins on a bar: the last whole bars
        of a run that goes on (all of it, if that is not a bar yet), those up to its end of one
        that was stopped. From the slow loop. Empty if nothing was played."""
        self.tick(now_ns)
        run = _last_run([output for output in self._played if output.at_ns <= now_ns])
        return _cut(run, now_ns, bars) if run else []


def _last_run(played: list[Output]) -> list[Output]:
    """From the last Start (or Continue) on; where that is forgotten, from the first tempo on."""
    begin = None
    for i, output in enumerate(played):
        if isinstance(output, TempoChange) and (output.is_start or begin is None):
            begin = i
    return [] if begin is None else played[begin:]


class _Ruler:
    """Time to ticks along the tempo changes of a run."""

    def __init__(self, run: list[Output]) -> None:
        self.changes = [output for output in run if isinstance(output, TempoChange)]
        self._times = [change.at_ns for change in self.changes]

    def tick(self, at_ns: int) -> float:
        change = self.changes[max(bisect_right(self._times, at_ns) - 1, 0)]
        return change.tick + (at_ns - change.at_ns) / change.ns_per_tick

    def time(self, tick: float) -> int:
        before = [change for change in self.changes if change.tick <= tick]
        change = before[-1] if before else self.changes[0]
        return change.at_ns + round((tick - change.tick) * change.ns_per_tick)


def _cut(run: list[Output], now_ns: int, bars: int) -> list[Output]:
    ruler = _Ruler(run)
    first = ruler.changes[0].tick
    notes = [output for output in run if isinstance(output, Event) and output.data[0] < 0xA0]
    if not notes:
        return []
    is_over = any(isinstance(output, Event) and output.data[0] == 0xFC for output in run)
    last = ruler.tick(notes[-1].at_ns if is_over else now_ns)
    end = (last // BAR_TICKS + is_over) * BAR_TICKS
    if end <= first:
        end = (last // BAR_TICKS + 1) * BAR_TICKS
    begin = max(end - bars * BAR_TICKS, first // BAR_TICKS * BAR_TICKS)
    tempo = [change for change in ruler.changes if change.tick <= begin] or ruler.changes[:1]
    start_ns = ruler.time(begin)
    out: list[Output] = [TempoChange(start_ns, 0, tempo[-1].ns_per_tick, is_start=True)]
    out += [
        TempoChange(change.at_ns, change.tick - begin, change.ns_per_tick)
        for change in ruler.changes
        if begin < change.tick < end
    ]
    inside = [n for n in notes if begin - _EARLY <= ruler.tick(n.at_ns) < end - _EARLY]
    out += _whole(inside, ruler.time(end))
    return sorted(out, key=lambda output: output.at_ns)


def _whole(notes: list[Event], end_ns: int) -> list[Event]:
    """Without ends of notes that began earlier, and with ends of those that still sound."""
    out: list[Event] = []
    sounding: set[tuple[int, int]] = set()
    for note in notes:
        key = (note.data[0] & 0x0F, note.data[1])
        if note.data[0] & 0xF0 == 0x90:
            sounding.add(key)
        elif key in sounding:
            sounding.remove(key)
        else:
            continue
        out.append(note)
    return [*out, *(note_off(end_ns, key) for key in sorted(sounding))]
