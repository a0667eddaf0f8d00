"""Pads: beats that are played loosely are quantised as intended."""

from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import CODE_LIMIT, Code
from drumatlas.panel.pads import Pads
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.sequencer import Sequencer
from support.playing import STEP, sequencer

START = START_LEAD_NS


def running(steps: float) -> Sequencer:
    seq = sequencer()
    seq.start()
    seq.advance(round(steps * STEP) + START)
    return seq


codes = st.lists(st.integers(0, CODE_LIMIT - 1), min_size=32, max_size=32).map(tuple)


@given(codes, st.integers(0, 40), st.lists(st.floats(-0.4, 0.4), min_size=32, max_size=32))
def test_a_beat_played_loosely_is_the_beat(code: Code, bars: int, off: list[float]) -> None:
    hits = sum(step.bit_count() for step in code)
    first = next((i for i, step in enumerate(code) if step), 32)
    pads = Pads(running(bars * 16 + 64))
    done = None
    for step, byte in enumerate(code):
        at_ns = START + round((bars * 16 + step + off[step]) * STEP)
        for bit in range(14):
            if byte >> bit & 1:
                assert pads.hit(bit, at_ns) is None or first >= 16
        done = done or pads.tick(at_ns)
    done = done or pads.tick(START + (bars * 16 + 32) * STEP)
    if first >= 16:
        return  # began in the second bar, which then is the first
    expected = code if any(code[16:]) else code[:16] * 2
    assert done == (expected if hits >= 4 else None)


def test_a_single_bar_is_played_twice() -> None:
    pads = Pads(running(64))
    for step in (16, 20, 24, 28):
        pads.hit(0, START + step * STEP)
    assert pads.tick(START + round(47.7 * STEP)) is None
    assert pads.tick(START + round(47.8 * STEP)) == tuple(int(s % 4 == 0) for s in range(32))
    assert pads.tick(START + 99 * STEP) is None  # once


def test_a_few_accidental_hits_are_ignored() -> None:
    pads = Pads(running(64))
    for _ in range(3):
        pads.hit(0, START)
    assert pads.tick(START + 33 * STEP) is None


def test_stopping_ends_the_two_bars() -> None:
    seq = running(8)
    pads = Pads(seq)
    for step in (0, 2, 4, 6):
        pads.hit(1, START + step * STEP)
    seq.stop()
    seq.advance(START + 9 * STEP)
    assert pads.tick(START + 9 * STEP) == tuple(2 * (s % 16 in {0, 2, 4, 6}) for s in range(32))


def test_hits_after_the_two_bars_begin_the_next() -> None:
    pads = Pads(running(99))
    for step in range(0, 32, 8):
        pads.hit(0, START + step * STEP)
    assert pads.hit(1, START + 32 * STEP) == tuple(int(s % 8 == 0) for s in range(32))
    for step in (36, 40, 44):
        assert pads.hit(1, START + step * STEP) is None
    assert pads.tick(START + 64 * STEP) == tuple(2 * (s % 16 in {0, 4, 8, 12}) for s in range(32))
