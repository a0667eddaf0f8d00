"""A performer and a port on a virtual clock, and the messages that the port really sends. The
performer may be held up between reading the time and withdrawing messages."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from drumatlas.midi.port import SeveralPorts
from drumatlas.midi.process.frames import Frames
from drumatlas.midi.process.pending import Pending
from drumatlas.play.events import CLOCK, SONG_POSITION, START, Event
from drumatlas.play.performer import LOOKAHEAD_NS, PERIOD_NS, Performer
from drumatlas.play.port import OutputPort
from drumatlas.play.sequencer import Sequencer
from support.playing import RecordingPort

BASE_NS = 10_000_000_000

Press = tuple[int, int, Callable[[Sequencer], object]]  # from BASE_NS on; held up for; what


@dataclass
class VirtualWire:
    """The time, and all messages sent up to then."""

    now_ns: int = BASE_NS
    sent: list[Event] = field(default_factory=list)


class FakeHandle:
    """A sender that is not a process: its messages go to `wire` at their times."""

    wire = VirtualWire()

    def __init__(self, _out: str, _channels: Sequence[int]) -> None:
        self._frames, self._pending = Frames(), Pending()
        self._ended = threading.Event()

    def reports(self) -> Iterator[dict[str, str]]:
        yield {"name": "synth", "missing": ""}
        self._ended.wait(10)

    def write(self, data: bytes) -> bool:
        self.run_to(self.wire.now_ns)
        for at_ns, message in self._frames.feed(data):
            self._pending.take(at_ns, message)
        self.run_to(self.wire.now_ns)
        return True

    def run_to(self, now_ns: int) -> None:
        last_ns = 0
        while (at_ns := self._pending.next_ns()) is not None and at_ns <= now_ns:
            last_ns = max(at_ns, last_ns)
            message = self._pending.pop(last_ns)
            if message:
                self.wire.sent.append(Event(last_ns, message))

    def close(self) -> None:
        self.run_to(1 << 62)
        self._ended.set()

    kill = reap = close_pipe = lambda self: self._ended.set()


def perform(
    seq: Sequencer, port: OutputPort, wire: VirtualWire, presses: Sequence[Press], until_ns: int
) -> list[Event]:
    """Start, make each press at its time, stop; return what the sequencer wants to be sent."""
    record = RecordingPort()
    performer = Performer(seq, SeveralPorts([port, record]))
    seq.skip_to(BASE_NS)
    seq.start()
    now_ns = BASE_NS
    for at_ns, held_ns, press in [*sorted(presses, key=lambda one: one[0]), (until_ns, 0, None)]:
        while now_ns < BASE_NS + at_ns:
            wire.now_ns = now_ns
            performer.hand_over(now_ns, LOOKAHEAD_NS)
            now_ns += PERIOD_NS
        now_ns = max(wire.now_ns, BASE_NS + at_ns)
        (press or Sequencer.stop)(seq)
        wire.now_ns = now_ns + held_ns
        performer.hand_over(now_ns, LOOKAHEAD_NS)
        now_ns = wire.now_ns + PERIOD_NS
    return [one for one in record.sent if isinstance(one, Event)]


def counted(events: Sequence[Event]) -> int:
    """Return the number of clocks since Start or Song Position, from which a receiver counts."""
    count = 0
    for event in events:
        if event.data == START or event.data[0] == SONG_POSITION:
            count = 0
        count += event.data == CLOCK
    return count
