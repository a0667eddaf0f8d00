"""Remember what was really played, and return its last bars as a take.

The performer only appends to a bounded queue; the slow loop reads from it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile

from drumatlas.midi.files.last_bars import BARS, LastBars
from drumatlas.play.events import Event, Output
from drumatlas.play.port import OutputPort

_MAX_QUEUED = 4096  # calls of the performer that the slow loop may be behind: 80 s
# Messages remembered: 6 s of clocks and all 14 voices on each step at 300 BPM.
_MAX_PLAYED = 1 << 12


class Tape:
    """An output that passes everything on to `port` and remembers it.

    Two callbacks get (a time after which all outputs were withdrawn, or 0; new outputs).
    `on_send` is called by the performer's thread before the outputs are sent, and must only append
    them to a list. `on_played` is called by the slow loop.
    """

    def __init__(self, port: OutputPort) -> None:
        self._port = port
        self._queue: deque[tuple[int, Sequence[Output]]] = deque(maxlen=_MAX_QUEUED)
        self._played: deque[Event] = deque(maxlen=_MAX_PLAYED)
        self._bars = LastBars()
        self.on_send: Callable[[int, Sequence[Output]], None] = lambda _after_ns, _outputs: None
        self.on_played: Callable[[int, Sequence[Output]], None] | None = None

    @property
    def name(self) -> str:
        """The name of the port."""
        return self._port.name

    @property
    def delivery(self) -> str:
        """How the port times messages, in words."""
        return self._port.delivery

    @property
    def guard_ns(self) -> int:
        """The `guard_ns` of the port."""
        return self._port.guard_ns

    @property
    def fault(self) -> str:
        """The fault of the port."""
        return self._port.fault

    def send(self, outputs: Sequence[Output]) -> None:
        """Send the outputs to the port and remember them."""
        self.on_send(0, outputs)
        self._port.send(outputs)
        if outputs:
            self._queue.append((0, outputs))

    def withdraw(self, after_ns: int) -> None:
        """Withdraw from the port what is due after `after_ns`, and forget it."""
        self._port.withdraw(after_ns)
        self.on_send(after_ns, ())
        self._queue.append((after_ns, ()))

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def tick(self, _now_ns: int) -> None:
        """Read what the performer has sent since the last tick. For the slow loop."""
        for _ in range(len(self._queue)):
            after_ns, outputs = self._queue.popleft()
            if after_ns:
                self._withdraw(after_ns)
            self._played.extend(output for output in outputs if isinstance(output, Event))
            self._bars.add(outputs)
            if self.on_played:
                self.on_played(after_ns, outputs)

    def _withdraw(self, after_ns: int) -> None:
        while self._played and self._played[-1].at_ns > after_ns:
            self._played.pop()
        self._bars.withdraw(after_ns)

    def sent_since(self, since_ns: int) -> list[Event]:
        """Return the messages due at `since_ns` or later, with those still to come.

        Only the last _MAX_PLAYED messages are remembered. For the slow loop.
        """
        self.tick(since_ns)
        late = takewhile(lambda event: event.at_ns >= since_ns, reversed(self._played))
        return [*late][::-1]

    def last_bars(self, now_ns: int, bars: int = BARS) -> list[Output]:
        """Return the last bars played up to `now_ns`; see `LastBars.cut`. For the slow loop."""
        self.tick(now_ns)
        return self._bars.cut(now_ns, bars)
