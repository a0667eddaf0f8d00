"""Every note ends, and before the same note begins again."""

from collections import Counter
from collections.abc import Callable

import pytest

from drumatlas.play.events import RANK_ON, Event, Output
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.outbox import Outbox
from drumatlas.play.settings import VoiceOut
from support.playing import FOUR, HATS, STEP, midi, pattern_of, run, sequencer
from support.streams import Promises


def test_note_lengths_follow_the_gate() -> None:
    seq = sequencer(gate=2.0)
    seq.start()
    out = midi(run(seq, 8 * STEP))
    off = next(t for t, d in out if d[0] == 0x89)
    assert off == START_LEAD_NS + 2 * STEP


def test_a_note_struck_again_is_ended_first(check_stream: Callable[..., Counter[str]]) -> None:
    seq = sequencer(HATS, gate=3.0)
    seq.start()
    out = run(seq, 40 * STEP)
    seq.stop()
    out += seq.advance(40 * STEP)
    counts = check_stream(out, Promises(gate=3.0))
    assert counts["90"] == counts["80"]


def test_a_note_struck_again_sounds_for_a_whole_gate() -> None:
    """The end that was meant for the first one is not the second one's."""
    outbox = Outbox()
    on, off = b"\x99\x24\x64", b"\x89\x24\x40"
    for at_ns in (0, 10):
        outbox.push(RANK_ON, Event(at_ns, on))
    assert midi(outbox.give(100, 15)) == [(0, on), (10, off), (10, on), (25, off)]


def test_voices_that_share_a_note_do_not_cut_each_other_off(
    check_stream: Callable[..., Counter[str]],
) -> None:
    voices = tuple(VoiceOut(50) for _ in range(14))
    seq = sequencer(pattern_of({s: [(0, 90), (5, 70)] for s in range(32)}), voices=voices)
    seq.start()
    out = run(seq, 40 * STEP)
    seq.stop()
    check_stream([*out, *seq.advance(40 * STEP)])


@pytest.mark.parametrize("gate", [0.5, 0.9, 4.0])
@pytest.mark.parametrize("swap", ["step", "bar"])
def test_notes_end_by_their_gate_over_swaps_and_fills(
    gate: float, swap: str, check_stream: Callable[..., Counter[str]]
) -> None:
    """A pattern that comes in ends no note early, and takes no note's end away."""
    seq = sequencer(HATS, gate=gate, swap=swap)
    seq.start()
    out: list[Output] = []
    for bar in range(6):
        seq.set_pattern(FOUR if bar % 2 == 0 else HATS)
        out += run(seq, (16 * bar + 9) * STEP, start_ns=seq.horizon_ns)
        if bar == 4:
            seq.play_fill(FOUR)
        out += run(seq, (16 * bar + 16) * STEP, start_ns=seq.horizon_ns)
    seq.stop()
    out += seq.advance(seq.horizon_ns)
    counts = check_stream(out, Promises(gate=gate))
    assert counts["90"] == counts["80"] > 30
