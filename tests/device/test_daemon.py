from drumatlas.daemon import Listener
from drumatlas.play.follower import ClockSource, Follower
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
