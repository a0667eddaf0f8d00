import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drumatlas.errors import ConfigError
from drumatlas.play import chance
from drumatlas.play.events import CLOCK, STOP, Output
from drumatlas.play.feel import Feel
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from support.playing import FOUR, HAT, HATS, STEP, midi, ons, run, sequencer
from support.streams import Promises


@example(100_000)  # 50,000 times: once is enough
@given(st.integers(2_000_000, 300_000_000))
@settings(max_examples=30)
def test_what_is_given_does_not_depend_on_how_often_one_asks(chunk_ns: int) -> None:
    def played(chunk: int) -> list[tuple[int, bytes]]:
        seq = sequencer(HATS)
        seq.set_feel(Feel(0.4, 0.7))
        seq.start()
        return midi(run(seq, 40 * STEP, chunk))

    assert played(chunk_ns) == played(1_000_000_000)


def test_skipped_time_is_left_out_and_no_clock_is_lost(
    check_stream: Callable[..., Counter[str]],
) -> None:
    seq = sequencer(HATS, gate=3.0)
    seq.start()
    out = run(seq, 2 * STEP)
    seq.skip_to(50 * STEP)
    out += run(seq, 60 * STEP, start_ns=50 * STEP)
    skipped = [(2 * STEP, 50 * STEP)]
    check_stream(out, Promises(gate=3.0, skipped=skipped), is_over=False)
    clocks = [t for t, d in midi(out) if d == CLOCK]
    straight = sequencer(HATS, gate=3.0)
    straight.start()
    assert len(clocks) == sum(d == CLOCK for _, d in midi(run(straight, 12 * STEP)))
    assert [b - a > STEP for a, b in itertools.pairwise(clocks)].count(True) == 1
    seq.skip_to(3)  # the past: nothing happens
    assert seq.horizon_ns == 60 * STEP


def test_a_command_comes_before_what_was_given_out_already(
    check_stream: Callable[..., Counter[str]],
) -> None:
    seq = sequencer(HATS, gate=2.0)
    seq.can_rewind = True
    seq.start()
    out: list[Output] = []
    for now in range(0, 20 * STEP, STEP // 6):
        out += seq.advance(now + 2 * STEP)  # two steps ahead
    seq.stop()
    assert seq.is_urgent
    assert seq.advance(22 * STEP, takes_urgent=False) == []
    back = seq.rewind(20 * STEP)
    assert back == 20 * STEP
    out = [output for output in out if output.at_ns <= back]
    out += seq.advance(30 * STEP)
    counts = check_stream(out, Promises(gate=2.0))
    assert midi(out)[-1] == (20 * STEP, STOP)
    assert counts["f8"] == 20 * 6 - 0


def test_what_was_asked_before_still_holds_after_a_rewind() -> None:
    seq = sequencer(FOUR)
    seq.can_rewind = True
    seq.start()
    seq.advance(STEP)
    seq.set_pattern(HATS)
    seq.advance(6 * STEP)
    seq.set_tempo(60)
    seq.rewind(2 * STEP)
    out = seq.advance(50 * STEP)
    assert ons(out, HAT)
    assert seq.bpm == pytest.approx(60)


def test_a_pattern_is_urgent_only_if_it_would_miss_its_point() -> None:
    seq = sequencer(FOUR)
    seq.can_rewind, seq.lookahead_ns = True, 4 * STEP
    seq.start()
    seq.advance(10 * STEP)
    seq.set_pattern(HATS)
    assert not seq.is_urgent  # the bar line is still to be looked at
    seq.advance(18 * STEP)  # ... and now it was, two steps ago; the present is step 14
    seq.set_pattern(HATS)
    assert seq.is_urgent
    seq.rewind(14 * STEP)
    assert ons(seq.advance(18 * STEP), HAT)[0] == START_LEAD_NS + 16 * STEP


def test_the_position_at_a_time_is_that_of_the_step() -> None:
    seq = sequencer()
    seq.start()
    run(seq, 40 * STEP)
    assert seq.position_at(START_LEAD_NS + 33 * STEP + 1) == 1


def test_unknown_swap_is_refused() -> None:
    with pytest.raises(ConfigError, match="swap"):
        sequencer(swap="never")


def test_no_table_is_made_while_it_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    def played(*, is_changed: bool) -> list[tuple[int, bytes]]:
        seq = sequencer(HATS, seed=3)
        seq.set_feel(Feel(0.2, 1.0))
        seq.start()
        run(seq, 3 * STEP)
        with monkeypatch.context() as patch:
            patch.delattr(chance, "Dice")
            if is_changed:
                seq.mute(0, True)
                seq.change_settings(PlaySettings(seed=4))
            return midi(run(seq, 20 * STEP, start_ns=3 * STEP))

    assert played(is_changed=True) == played(is_changed=False)  # and by the same chance


def test_voices_are_muted_as_they_are_under_other_settings() -> None:
    seq = sequencer(HATS)
    seq.mute(2, True)
    seq.change_settings(PlaySettings(gate=2.0))
    seq.start()
    assert ons(run(seq, 8 * STEP)) == []
    assert seq.settings.gate == 2.0


@pytest.mark.parametrize(
    "change",
    [
        lambda seq: seq.mute(2, True),
        lambda seq: seq.change_settings(replace(seq.settings, gate=1.0)),
    ],
)
def test_sounding_notes_end_at_once_under_other_settings(
    change: Callable[[Sequencer], None],
) -> None:
    """Not when its gate is over, four steps later."""
    seq = sequencer(HATS, gate=4.0)
    seq.start()
    run(seq, 3 * STEP)
    change(seq)
    assert midi(seq.advance(3 * STEP)) == [(3 * STEP, b"\x89\x2a\x40")]
