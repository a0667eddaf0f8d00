"""Every note ends, and before the same note begins again."""

from collections import Counter
from collections.abc import Callable

from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.settings import VoiceOut
from playing import HATS, STEP, midi, pattern_of, run, sequencer


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
    counts = check_stream(out)
    assert counts["90"] == counts["80"]


def test_voices_that_share_a_note_do_not_cut_each_other_off(
    check_stream: Callable[..., Counter[str]],
) -> None:
    voices = tuple(VoiceOut(50) for _ in range(14))
    seq = sequencer(pattern_of({s: [(0, 90), (5, 70)] for s in range(32)}), voices=voices)
    seq.start()
    out = run(seq, 40 * STEP)
    seq.stop()
    check_stream([*out, *seq.advance(40 * STEP)])
