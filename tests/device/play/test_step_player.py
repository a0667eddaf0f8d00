import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.pattern import Pattern, Touch
from drumatlas.play.events import CLOCK, Output
from drumatlas.play.feel import HUMANIZE_NS, Feel
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.settings import PlaySettings, VoiceOut
from support.playing import (
    FOUR,
    HAT,
    HATS,
    KICK,
    SNARE,
    STEP,
    TICK,
    midi,
    ons,
    pattern_of,
    run,
    sequencer,
)


def test_mute_channel_and_note_of_a_voice() -> None:
    voices = [VoiceOut(10 + bit, channel=bit) for bit in range(14)]
    voices[2] = VoiceOut(12, is_muted=True)
    seq = sequencer(pattern_of({0: [(0, 90), (2, 80), (13, 70)]}), voices=tuple(voices))
    seq.start()
    notes = [d for _, d in midi(run(seq, STEP)) if d[0] & 0xF0 == 0x90]
    assert notes == [bytes((0x90, 10, 90)), bytes((0x9D, 23, 70))]


@pytest.mark.parametrize(("swap", "steps"), [("step", 1), ("beat", 4), ("bar", 16), ("end", 32)])
def test_a_new_beat_comes_in_on_the_grid(swap: str, steps: int) -> None:
    seq = sequencer(swap=swap)
    seq.start()
    out = run(seq, 18 * STEP)
    seq.set_pattern(HATS)
    out += run(seq, 70 * STEP, start_ns=18 * STEP)
    first_hat = ons(out, HAT)[0]
    step = (first_hat - START_LEAD_NS) // STEP
    assert (first_hat - START_LEAD_NS) % STEP == 0
    assert step % steps == 0
    assert step - 18 <= steps
    assert all(t < first_hat for t in ons(out, KICK))


def test_the_newest_of_several_beats_wins() -> None:
    seq = sequencer()
    seq.start()
    run(seq, STEP)
    seq.set_pattern(pattern_of({0: [(1, 99)]}))
    seq.set_pattern(HATS)
    out = run(seq, 40 * STEP, start_ns=STEP)
    assert ons(out, HAT)
    assert not ons(out, SNARE)


def test_a_beat_set_while_stopped_plays_from_the_first_step() -> None:
    seq = sequencer()
    seq.set_pattern(HATS)
    seq.start()
    assert ons(run(seq, STEP), HAT)[0] == START_LEAD_NS


def test_a_fill_lasts_to_the_end_of_the_bar() -> None:
    seq = sequencer()
    seq.start()
    out = run(seq, 9 * STEP)
    seq.play_fill(HATS)
    out += run(seq, 40 * STEP, start_ns=9 * STEP)
    hats = [(t - START_LEAD_NS) // STEP for t in ons(out, HAT)]
    assert hats == list(range(hats[0], 16))
    assert hats[0] in {9, 10}
    assert (ons(out, KICK)[-1] - START_LEAD_NS) // STEP >= 32


def test_a_fill_ends_with_a_stop() -> None:
    seq = sequencer()
    seq.start()
    run(seq, 3 * STEP)
    seq.play_fill(HATS)
    seq.stop()
    seq.advance(4 * STEP)
    seq.resume()
    assert ons(run(seq, 9 * STEP, start_ns=4 * STEP), HAT) == []


def test_swing_moves_off_steps_and_never_the_clock() -> None:
    seq = sequencer(HATS)
    seq.set_feel(Feel(swing=1.0))
    seq.start()
    out = run(seq, 8 * STEP)
    late = [(t - START_LEAD_NS) - i * STEP for i, t in enumerate(ons(out))]
    assert late[:6] == [0, STEP // 2] * 3
    clocks = [t for t, d in midi(out) if d == CLOCK]
    assert all(abs(b - a - TICK) <= 1 for a, b in itertools.pairwise(clocks))


def test_humanize_moves_a_little_both_ways_and_repeats_with_the_seed() -> None:
    def played(seed: int) -> list[Output]:
        seq = sequencer(HATS, seed=seed)
        seq.set_feel(Feel(humanize=1.0))
        seq.start()
        return run(seq, 100 * STEP)

    out = played(1)
    shifts = [t - START_LEAD_NS - round((t - START_LEAD_NS) / STEP) * STEP for t in ons(out)[1:]]
    assert min(shifts) < -3_000_000
    assert max(shifts) > 3_000_000
    assert max(abs(shift) for shift in shifts) <= 12_000_000
    assert len({d[2] for _, d in midi(out) if d[0] == 0x99}) > 10
    assert played(1) == out
    assert played(2) != out


def test_chaos_variants_change_with_the_cycle_and_repeat_with_the_seed() -> None:
    one, two = FOUR.cycles[0], HATS.cycles[0]

    def kinds(seed: int) -> list[bool]:
        seq = sequencer(Pattern((one, two)), seed=seed)
        seq.start()
        out = run(seq, 32 * 40 * STEP, chunk_ns=STEP)
        hats = {(t - START_LEAD_NS) // STEP // 32 for t in ons(out, HAT)}
        return [cycle in hats for cycle in range(39)]

    assert 5 < sum(kinds(1)) < 35
    assert kinds(1) == kinds(1) != kinds(2)


def test_a_voice_may_play_ahead_of_the_grid_and_behind_it() -> None:
    voices = [VoiceOut(36 + bit) for bit in range(14)]
    voices[0], voices[2] = VoiceOut(KICK, offset_ms=-15), VoiceOut(HAT, offset_ms=20)
    seq = sequencer(pattern_of({s: [(0, 90), (2, 80)] for s in range(32)}), voices=tuple(voices))
    seq.start()
    out = run(seq, 10 * STEP)
    grid = [START_LEAD_NS + step * STEP for step in range(9)]
    assert ons(out, KICK)[1:9] == [t - 15_000_000 for t in grid[1:]]
    assert ons(out, KICK)[0] == grid[0]  # but nothing before the first clock
    assert ons(out, HAT)[:9] == [t + 20_000_000 for t in grid]


def test_velocities_go_onto_the_scale_of_their_voice() -> None:
    voices = [VoiceOut(10 + bit) for bit in range(14)]
    voices[0], voices[2] = (
        VoiceOut(KICK, velocity_min=60, velocity_max=90),
        VoiceOut(HAT, velocity_max=1),
    )
    hits = {0: [(0, 1), (2, 127)], 1: [(0, 64)], 2: [(0, 127)], 3: [(1, 77)]}
    seq = sequencer(pattern_of(hits), voices=tuple(voices))
    seq.start()
    heard = [data[1:] for _, data in midi(run(seq, 4 * STEP)) if data[0] == 0x99]
    loud = [(KICK, 60), (HAT, 1), (KICK, 75), (KICK, 90), (11, 77)]
    assert [tuple(data) for data in heard] == loud


@given(st.integers(1, 127), st.integers(1, 127), st.integers(1, 127))
def test_any_velocity_stays_in_the_range_of_its_voice(velocity: int, a: int, b: int) -> None:
    out = VoiceOut(0, velocity_min=min(a, b), velocity_max=max(a, b))
    assert min(a, b) <= out.scaled(velocity) <= max(a, b)
    assert VoiceOut(0).scaled(velocity) == velocity


def test_a_voice_may_sound_longer_than_others() -> None:
    voices = [VoiceOut(10 + bit) for bit in range(14)]
    voices[0] = VoiceOut(KICK, gate=3.0)
    seq = sequencer(pattern_of({0: [(0, 100), (1, 100)]}), voices=tuple(voices), gate=0.5)
    seq.start()
    heard = midi(run(seq, 6 * STEP))
    lengths = {}
    for at_ns, data in heard:
        if data[0] == 0x89:
            lengths[data[1]] = at_ns - next(t for t, d in heard if d[:2] == bytes((0x99, data[1])))
    assert lengths == {11: pytest.approx(STEP / 2), KICK: pytest.approx(3 * STEP)}


def test_changed_settings_end_what_sounds_and_play_on() -> None:
    seq = sequencer(FOUR, gate=4.0)
    seq.can_rewind = True
    seq.start()
    out = run(seq, 2 * STEP)
    settings = PlaySettings(voices=tuple(VoiceOut(60 + bit, channel=2) for bit in range(14)))
    seq.change_settings(settings)
    assert seq.is_urgent
    seq.rewind(2 * STEP - 1_000_000)
    out = [o for o in out if o.at_ns <= 2 * STEP - 1_000_000]
    out += run(seq, 6 * STEP, start_ns=2 * STEP - 1_000_000)
    assert seq.rewind(STEP) == 6 * STEP  # nothing from before can be taken back
    heard = [(data[0], data[1]) for _, data in midi(out) if data[0] < 0xF0]
    assert heard[:3] == [(0x99, KICK), (0x89, KICK), (0x92, 60)]


def test_idle_clocks_that_begin_late_make_up_for_none() -> None:
    seq = sequencer(FOUR)
    assert not run(seq, 100 * STEP)
    seq.change_settings(PlaySettings(idle_clock=True))
    clocks = midi(run(seq, 101 * STEP, start_ns=100 * STEP))
    assert 6 <= len(clocks) <= 7


LATE = 4_000_000  # ns


def touched(late_ns: int, spread_ns: int) -> Pattern:
    """FOUR, whose kicks are late on the one and early elsewhere."""
    rows = [tuple([late_ns if step == 0 else -late_ns] * 14) for step in range(16)]
    return replace(FOUR, touch=Touch(tuple(rows), (spread_ns,) * 14))


@pytest.mark.parametrize(("amount", "shift"), [(0.0, 0), (0.5, LATE // 2), (1.0, LATE)])
def test_humanize_plays_where_players_would(amount: float, shift: int) -> None:
    seq = sequencer(touched(LATE, 0))
    seq.set_feel(Feel(humanize=amount))
    seq.start()
    kicks = ons(run(seq, 34 * STEP), KICK)[:8]
    wanted = [
        START_LEAD_NS + step * STEP + (shift if step % 16 == 0 else -shift)
        for step in range(0, 32, 4)
    ]
    assert kicks == wanted


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.floats(0, 1))
def test_no_touch_moves_a_hit_by_more_than_humanize_may(
    late_ns: int, spread_ns: int, amount: float
) -> None:
    seq = sequencer(touched(late_ns, spread_ns))
    seq.set_feel(Feel(humanize=amount))
    seq.start()
    kicks = ons(run(seq, 34 * STEP), KICK)[:8]
    for step, kick in zip(range(0, 32, 4), kicks, strict=True):
        assert abs(kick - START_LEAD_NS - step * STEP) <= amount * HUMANIZE_NS + 1
