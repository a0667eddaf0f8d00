import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from drumatlas.beat.pattern import Cycle, Pattern
from drumatlas.errors import ConfigError
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP, Event, Output, TempoChange
from drumatlas.play.feel import Feel
from drumatlas.play.sequencer import START_LEAD_NS, Sequencer
from drumatlas.play.settings import PlaySettings, VoiceOut

TICK = 20_833_333  # ns at 120 BPM, rounded down
STEP = 125_000_000
KICK, SNARE, HAT = 36, 38, 42


def pattern_of(hits: dict[int, Sequence[tuple[int, int]]]) -> Pattern:
    cycle: Cycle = tuple(tuple(hits.get(step, ())) for step in range(32))
    return Pattern((cycle,))


FOUR = pattern_of({step: [(0, 100)] for step in range(0, 32, 4)})
HATS = pattern_of({step: [(2, 80)] for step in range(32)})


def sequencer(pattern: Pattern = FOUR, **settings: object) -> Sequencer:
    return Sequencer(PlaySettings(**settings), pattern, 0)  # type: ignore[arg-type]


def run(
    seq: Sequencer, until_ns: int, chunk_ns: int = 7_000_000, start_ns: int = 0
) -> list[Output]:
    out: list[Output] = []
    now = start_ns
    while now < until_ns:
        now = min(now + chunk_ns, until_ns)
        out += seq.advance(now)
    return out


def midi(outputs: list[Output]) -> list[tuple[int, bytes]]:
    return [(o.at_ns, o.data) for o in outputs if isinstance(o, Event)]


def ons(outputs: list[Output], note: int | None = None) -> list[int]:
    return [t for t, d in midi(outputs) if d[0] & 0xF0 == 0x90 and (note is None or d[1] == note)]


def test_start_then_clock_then_notes(check_stream: Callable[..., Counter[str]]) -> None:
    seq = sequencer()
    seq.start()
    out = run(seq, 10 * STEP)
    first = midi(out)[:3]
    assert first[0] == (0, START)
    assert first[1] == (START_LEAD_NS, CLOCK)
    assert first[2] == (START_LEAD_NS, bytes((0x99, KICK, 100)))
    check_stream(out, is_over=False)


def test_clocks_are_exact() -> None:
    seq = sequencer(bpm=125.0)
    seq.start()
    clocks = [t for t, d in midi(run(seq, 3_000_000_000)) if d == CLOCK]
    assert clocks == [START_LEAD_NS + i * 20_000_000 for i in range(len(clocks))]
    assert len(clocks) == 150


@given(st.integers(1, 300_000_000))
@settings(max_examples=30)
def test_what_is_given_does_not_depend_on_how_often_one_asks(chunk_ns: int) -> None:
    def played(chunk: int) -> list[tuple[int, bytes]]:
        seq = sequencer(HATS)
        seq.set_feel(Feel(0.4, 0.7))
        seq.start()
        return midi(run(seq, 40 * STEP, chunk))

    assert played(max(chunk_ns, 100_000)) == played(1_000_000_000)


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


def test_mute_channel_and_note_of_a_voice() -> None:
    voices = [VoiceOut(10 + bit, channel=bit) for bit in range(14)]
    voices[2] = VoiceOut(12, is_muted=True)
    seq = sequencer(pattern_of({0: [(0, 90), (2, 80), (13, 70)]}), voices=tuple(voices))
    seq.start()
    notes = [d for _, d in midi(run(seq, STEP)) if d[0] & 0xF0 == 0x90]
    assert notes == [bytes((0x90, 10, 90)), bytes((0x9D, 23, 70))]


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
    check_stream(out + rest)
    assert seq.advance(90 * STEP) == []


def test_start_again_is_from_the_top() -> None:
    seq = sequencer()
    seq.start()
    run(seq, 6 * STEP)
    seq.stop()
    seq.advance(7 * STEP)
    seq.start()
    out = run(seq, 9 * STEP, start_ns=7 * STEP)
    assert ons(out)[0] == 7 * STEP + START_LEAD_NS


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


def test_a_tempo_change_keeps_the_phase_and_bunches_no_clocks(
    check_stream: Callable[..., Counter[str]],
) -> None:
    seq = sequencer(bpm=40.0)
    seq.start()
    out = run(seq, 1_000_000_000)
    seq.set_tempo(300)
    out += run(seq, 2_000_000_000, start_ns=1_000_000_000)
    seq.set_tempo(20)
    out += run(seq, 4_000_000_000, start_ns=2_000_000_000)
    check_stream(out, is_over=False)
    changes = [o for o in out if isinstance(o, TempoChange)]
    assert [round(60e9 / 24 / c.ns_per_tick) for c in changes] == [40, 300, 20]
    clocks = [t for t, d in midi(out) if d == CLOCK]
    for change in changes:
        assert change.at_ns in clocks


def test_tempo_is_clipped_and_may_be_set_while_stopped() -> None:
    seq = sequencer()
    seq.set_tempo(10_000)
    seq.advance(1)
    assert seq.bpm == pytest.approx(300)


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


def test_skipped_time_is_left_out_and_no_clock_is_lost(
    check_stream: Callable[..., Counter[str]],
) -> None:
    seq = sequencer(HATS, gate=3.0)
    seq.start()
    out = run(seq, 2 * STEP)
    seq.skip_to(50 * STEP)
    out += run(seq, 60 * STEP, start_ns=50 * STEP)
    check_stream(out, is_over=False)
    clocks = [t for t, d in midi(out) if d == CLOCK]
    straight = sequencer(HATS, gate=3.0)
    straight.start()
    assert len(clocks) == sum(d == CLOCK for _, d in midi(run(straight, 12 * STEP)))
    assert [b - a > STEP for a, b in itertools.pairwise(clocks)].count(True) == 1
    seq.skip_to(3)  # the past: nothing happens
    assert seq.horizon_ns == 60 * STEP


def test_continue_goes_on_where_it_stopped() -> None:
    seq = sequencer()
    seq.start()
    run(seq, 6 * STEP)
    seq.stop()
    seq.advance(7 * STEP)
    seq.resume()
    out = run(seq, 20 * STEP, start_ns=7 * STEP)
    assert midi(out)[0] == (7 * STEP, CONTINUE)
    # Stopped in step 5, 5 steps and some ticks in: the next kick is that of step 8.
    stopped = 6 * STEP - START_LEAD_NS
    left = 8 * STEP - ceil(stopped / (STEP / 6)) * STEP / 6
    assert ons(out)[0] == pytest.approx(7 * STEP + START_LEAD_NS + left, abs=3)


@pytest.mark.parametrize("was_playing", [False, True])
def test_locate_sends_song_position_and_goes_there(was_playing: bool) -> None:
    seq = sequencer()
    if was_playing:
        seq.start()
    run(seq, 6 * STEP)
    seq.locate(130)
    if not was_playing:
        seq.resume()
    out = midi(run(seq, 9 * STEP, start_ns=6 * STEP))
    wanted = [STOP] if was_playing else []
    transport = [data for _, data in out if data[0] in {0xF2, 0xFA, 0xFB, 0xFC}]
    assert transport == [*wanted, bytes((0xF2, 2, 1)), CONTINUE]
    # Step 130 is step 2 of a cycle: the next kick is two steps on.
    assert ons([Event(*one) for one in out])[0] == 6 * STEP + START_LEAD_NS + 2 * STEP


def test_idle_clock_runs_on_evenly_through_start_and_stop() -> None:
    seq = sequencer(idle_clock=True)
    out = run(seq, 5 * STEP)
    seq.start()
    out += run(seq, 10 * STEP, start_ns=5 * STEP)
    seq.stop()
    out += run(seq, 15 * STEP, start_ns=10 * STEP)
    clocks = [t for t, d in midi(out) if d == CLOCK]
    assert len(clocks) == pytest.approx(15 * 6, abs=2)
    assert all(abs(b - a - TICK) <= 2 for a, b in itertools.pairwise(clocks))
    start = next(t for t, d in midi(out) if d == START)
    first = next(t for t in clocks if t > start)
    assert first - start >= 1_000_000
    assert ons(out)[0] == first


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
    counts = check_stream(out)
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


def test_position_for_displays() -> None:
    seq = sequencer()
    seq.start()
    run(seq, 40 * STEP)
    assert seq.position_at(START_LEAD_NS + 33 * STEP + 1) == 1


def test_unknown_swap_is_refused() -> None:
    with pytest.raises(ConfigError, match="swap"):
        sequencer(swap="never")


class AnyUse(RuleBasedStateMachine):
    """Whatever is done in whatever order, the stream keeps its promises."""

    @initialize(
        gate=st.sampled_from([0.05, 0.5, 1.0, 4.0]),
        swap=st.sampled_from(["step", "bar"]),
        idle_clock=st.booleans(),
        offset_ms=st.sampled_from([-20.0, 0.0, 20.0]),
    )
    def begin(self, gate: float, swap: str, idle_clock: bool, offset_ms: float) -> None:
        voices = tuple(VoiceOut(40 + bit, offset_ms=offset_ms) for bit in range(14))
        self.seq = sequencer(HATS, gate=gate, swap=swap, idle_clock=idle_clock, voices=voices)
        self.seq.can_rewind = True
        self.idle_clock = idle_clock
        self.now = 0
        self.out: list[Output] = []

    @rule()
    def start(self) -> None:
        self.seq.start()

    @rule()
    def stop(self) -> None:
        self.seq.stop()

    @rule()
    def toggle(self) -> None:
        self.seq.toggle()

    @rule()
    def resume(self) -> None:
        self.seq.resume()

    @rule(step=st.integers(-1, 20_000))
    def locate(self, step: int) -> None:
        self.seq.locate(step)

    @rule(ms=st.integers(0, 200))
    def take_back(self, ms: int) -> None:
        back = self.seq.rewind(self.now - ms * 1_000_000)
        self.out = [o for o in self.out if o.at_ns <= back]
        self.now = max(back, self.now - ms * 1_000_000)

    @rule(bpm=st.floats(1, 1000))
    def tempo(self, bpm: float) -> None:
        self.seq.set_tempo(bpm)

    @rule(pattern=st.sampled_from([FOUR, HATS]))
    def swap(self, pattern: Pattern) -> None:
        self.seq.set_pattern(pattern)

    @rule()
    def fill(self) -> None:
        self.seq.play_fill(FOUR)

    @rule(swing=st.floats(0, 1), humanize=st.floats(0, 1))
    def feel(self, swing: float, humanize: float) -> None:
        self.seq.set_feel(Feel(swing, humanize))

    @rule()
    def panic(self) -> None:
        self.seq.panic()

    @rule(ms=st.integers(1, 3000))
    def sleep(self, ms: int) -> None:
        self.now += ms * 1_000_000
        self.seq.skip_to(self.now)

    @rule(ms=st.integers(0, 3000))
    def wait(self, ms: int) -> None:
        self.now += ms * 1_000_000
        self.out += self.seq.advance(self.now)

    @invariant()
    def nothing_is_late(self) -> None:
        assert all(o.at_ns <= self.now for o in getattr(self, "out", []) if isinstance(o, Event))

    def teardown(self) -> None:
        self.seq.stop()
        self.out += self.seq.advance(self.now)
        self.check(self.out, idle_clock=self.idle_clock)

    check: Callable[..., Counter[str]]


def test_any_use(check_stream: Callable[..., Counter[str]]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    machine = type("AnyUse", (AnyUse,), {"check": staticmethod(check_stream)})
    run_state_machine_as_test(machine, settings=settings(max_examples=200, deadline=None))
