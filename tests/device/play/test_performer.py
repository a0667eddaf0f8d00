import time
from collections import Counter
from collections.abc import Callable

from drumatlas.beat.pattern import Pattern
from drumatlas.midi.port import NullPort
from drumatlas.play.events import CLOCK, STOP, Event
from drumatlas.play.performer import Performer
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from support.playing import RecordingPort

BEAT = Pattern((tuple(((0, 100),) for _ in range(32)),))


def test_it_plays_in_real_time_and_ends_cleanly(check_stream: Callable[..., Counter[str]]) -> None:
    port = RecordingPort()
    sequencer = Sequencer(PlaySettings(bpm=240), BEAT, time.monotonic_ns())
    performer = Performer(sequencer, port)
    sequencer.start()
    began = time.monotonic_ns()
    performer.start()
    time.sleep(0.3)
    performer.close()
    counts = check_stream(port.sent)
    events = [o for o in port.sent if isinstance(o, Event)]
    assert events[-1].data == STOP
    assert counts["90"] == counts["80"] > 2
    # As many clocks as fit between Start and Stop, however busy the machine was.
    expected = (events[-1].at_ns - events[0].at_ns) / 1e9 * 240 / 60 * 24
    assert abs(sum(e.data == CLOCK for e in events) - expected) <= 2
    assert events[0].at_ns >= began - 1_000_000_000


def test_it_can_be_closed_before_anything_was_played() -> None:
    port = RecordingPort()
    performer = Performer(Sequencer(PlaySettings(), BEAT, time.monotonic_ns()), port)
    performer.start()
    performer.close()
    assert port.sent == []


def test_the_port_withdraws_before_the_sequencer_rewinds() -> None:
    """What fell due in between would be played twice: an extra clock shifts every follower."""
    order: list[str] = []

    class LoggingPort(NullPort):
        def withdraw(self, after_ns: int) -> None:
            order.append("withdraw")
            super().withdraw(after_ns)

    class Slow(Sequencer):
        def rewind(self, to_ns: int) -> int:
            order.append("rewind")
            return super().rewind(to_ns)

    sequencer = Slow(PlaySettings(), BEAT, time.monotonic_ns())
    performer = Performer(sequencer, LoggingPort())
    sequencer.start()
    performer.start()
    time.sleep(0.1)
    sequencer.panic()
    time.sleep(0.1)
    performer.close()
    assert order[:2] == ["withdraw", "rewind"]
    assert order.count("withdraw") == order.count("rewind") >= 3  # start, panic, stop
