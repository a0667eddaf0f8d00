import os
import signal
import time
from collections.abc import Iterator

from drumatlas.atlas.model import Atlas
from drumatlas.daemon import Listener, run
from drumatlas.engine import Engine
from drumatlas.midi.port import NullPort
from drumatlas.play.clock_follower import ClockSource, Follower
from drumatlas.play.events import Event
from drumatlas.play.performer import Pulse
from drumatlas.play.settings import PlaySettings
from support.playing import RecordingPort, sequencer


def test_clock_goes_to_the_follower_and_the_rest_to_the_panel() -> None:
    heard: list[tuple[bytes, int]] = []
    seq = sequencer()
    listener = Listener(
        Follower(seq, ClockSource.EXTERNAL), lambda message, at_ns: heard.append((message, at_ns))
    )
    notes = [b"\xb0\x10\x7f", b"\x99\x24\x64", b"\xc0\x05"]
    for at_ns, message in enumerate([b"\xfa", notes[0], b"\xf8", notes[1], b"", notes[2]]):
        listener.take(message, at_ns)
    assert heard == [(notes[0], 1), (notes[1], 3), (notes[2], 5)]
    seq.advance(10)
    assert seq.is_playing


class FailingPart:
    """A part that fails."""

    def __init__(self) -> None:
        self.ticks = self.closed = 0

    def tick(self, _now_ns: int) -> None:
        self.ticks += 1
        raise RuntimeError("out of paper")

    def close(self) -> None:
        self.closed += 1


def test_a_part_that_fails_is_left_out_and_the_beat_goes_on(atlas: Atlas) -> None:
    engine = Engine(atlas, PlaySettings(), [], time.monotonic_ns())
    port, broken, pulse = RecordingPort(), FailingPart(), Pulse()
    run(engine, port, seconds=0.3, parts=[broken], pulse=pulse)
    assert (broken.ticks, broken.closed) == (1, 1)
    assert engine.faults == ["FailingPart stopped: RuntimeError: out of paper"]
    assert any(output.data[0] & 0xF0 == 0x90 for output in port.sent if isinstance(output, Event))
    assert pulse.at_ns


def notes(port: RecordingPort) -> list[Event]:
    played = [output for output in port.sent if isinstance(output, Event)]
    return [output for output in played if output.data[0] & 0xF0 == 0x90]


class Hangup:
    """Sends SIGHUP a while after the beginning, as often as asked."""

    def __init__(self, times: int) -> None:
        self.left, self.ticks = times, 0

    def tick(self, _now_ns: int) -> None:
        self.ticks += 1
        if self.left and self.ticks % 10 == 0:
            self.left -= 1
            os.kill(os.getpid(), signal.SIGHUP)

    def close(self) -> None: ...


def test_a_reload_that_fails_is_shown_until_one_does_not(atlas: Atlas) -> None:
    for times, faults in ((1, ["reload: RuntimeError: no ink"]), (2, [])):
        engine = Engine(atlas, PlaySettings(), [], time.monotonic_ns())
        answers = iter([RuntimeError("no\nink"), None])

        def reload(answers: Iterator[RuntimeError | None] = answers) -> None:
            if error := next(answers):
                raise error

        port = RecordingPort()
        run(engine, port, seconds=0.5, parts=[Hangup(times)], reload=reload)
        assert engine.faults == faults
        assert max(note.at_ns for note in notes(port)) - notes(port)[0].at_ns > 300_000_000


class Torn:
    """A screen on which the first pictures can't be drawn."""

    wants_to_quit = False

    def __init__(self, fails: int) -> None:
        self.fails, self.drawn = fails, 0
        self.shown: list[str] = []

    def draw(self, engine: Engine, _now_ns: int) -> None:
        self.drawn += 1
        self.shown = engine.faults
        if self.drawn <= self.fails:
            raise OSError("torn")

    def close(self) -> None: ...


def test_a_picture_that_can_not_be_drawn_is_shown_and_tried_again(atlas: Atlas) -> None:
    engine = Engine(atlas, PlaySettings(), [], time.monotonic_ns())
    port, screen = RecordingPort(), Torn(1000)
    run(engine, port, seconds=0.4, screen=screen)
    assert screen.drawn > 3
    assert engine.faults == ["screen: OSError: torn"]
    assert len(notes(port)) > 1
    engine = Engine(atlas, PlaySettings(), [], time.monotonic_ns())
    run(engine, NullPort(), seconds=0.4, screen=Torn(2))
    assert engine.faults == []
