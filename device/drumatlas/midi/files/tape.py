"""What was really played, kept for a while, and its last bars as a take.

The performer only appends to a bounded queue; the slow loop takes from it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile

from drumatlas.midi.files.last_bars import BARS, LastBars
from drumatlas.play.events import Event, Output
from drumatlas.play.port import OutputPort

_QUEUE = 4096  # calls of the performer that the slow loop may be behind: 80 s
_MOST = 1 << 12  # messages to look back on; 6 s of clocks and all 14 voices on each step at 300 BPM


class Tape:
    """An output that passes everything on to `port` and remembers it."""

    def __init__(self, port: OutputPort) -> None:
        self._port = port
        self._queue: deque[tuple[int, Sequence[Output]]] = deque(maxlen=_QUEUE)
        self._played: deque[Event] = deque(maxlen=_MOST)
        self._bars = LastBars()
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
            if after_ns:
                self._take_back(after_ns)
            self._played.extend(output for output in outputs if isinstance(output, Event))
            self._bars.add(outputs)
            if self.on_played:
                self.on_played(after_ns, outputs)

    def _take_back(self, after_ns: int) -> None:
        while self._played and self._played[-1].at_ns > after_ns:
            self._played.pop()
        self._bars.take_back(after_ns)

    def sent_since(self, since_ns: int) -> list[Event]:
        """Return the messages due at `since_ns` or later (of the last _MOST), also those still to
        come. From the slow loop."""
        self.tick(since_ns)
        late = takewhile(lambda event: event.at_ns >= since_ns, reversed(self._played))
        return [*late][::-1]

    def last_bars(self, now_ns: int, bars: int = BARS) -> list[Output]:
        """Return what was played up to `now_ns`, as `LastBars.cut` does. From the slow loop."""
        self.tick(now_ns)
        return self._bars.cut(now_ns, bars)
