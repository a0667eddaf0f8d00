import time

from drumatlas.atlas.model import Atlas
from drumatlas.daemon import Listener, run
from drumatlas.engine import Engine
from drumatlas.midi.port import NullPort
from drumatlas.play.events import Event
from drumatlas.play.follower import ClockSource, Follower
from drumatlas.play.performer import Pulse
from drumatlas.play.settings import PlaySettings
from playing import sequencer


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


class Broken:
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
    port, broken, pulse = NullPort.recording(), Broken(), Pulse()
    run(engine, port, seconds=0.3, parts=[broken], pulse=pulse)
    assert (broken.ticks, broken.closed) == (1, 1)
    assert engine.faults == ["Broken is left out: RuntimeError: out of paper"]
    assert any(output.data[0] & 0xF0 == 0x90 for output in port.sent if isinstance(output, Event))
    assert pulse.at_ns
