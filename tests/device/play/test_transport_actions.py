from collections import Counter
from collections.abc import Callable

from drumatlas.play.events import CLOCK, STOP
from drumatlas.play.leading import START_LEAD_NS
from support.playing import HAT, HATS, STEP, midi, ons, run, sequencer
from support.streams import Promises


def test_clocks_are_exact() -> None:
    seq = sequencer(bpm=125.0)
    seq.start()
    clocks = [t for t, d in midi(run(seq, 3_000_000_000)) if d == CLOCK]
    assert clocks == [START_LEAD_NS + i * 20_000_000 for i in range(len(clocks))]
    assert len(clocks) == 150


def test_stop_ends_notes_and_a_second_stop_is_nothing(
    check_stream: Callable[..., Counter[str]],
) -> None:
    seq = sequencer(HATS, gate=4.0)
    seq.start()
    out = run(seq, 3 * STEP + 5_000_000)
    seq.stop()
    seq.stop()
    rest = seq.advance(60 * STEP)
    assert midi(rest)[-1][1] == STOP
    assert {t for t, _ in midi(rest)} == {3 * STEP + 5_000_000}
    check_stream(out + rest, Promises(gate=4.0))
    assert seq.advance(90 * STEP) == []


def test_panic_ends_everything_and_the_beat_goes_on() -> None:
    seq = sequencer(HATS, gate=3.0)
    seq.start()
    run(seq, 3 * STEP)
    seq.panic()
    out = midi(seq.advance(4 * STEP))
    assert (3 * STEP, bytes((0xB9, 123, 0))) in out
    assert (3 * STEP, bytes((0xB9, 120, 0))) in out
    assert out[0] == (3 * STEP, bytes((0x89, HAT, 64)))
    assert ons(run(seq, 8 * STEP, start_ns=4 * STEP))
