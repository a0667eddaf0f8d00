"""Whatever is done in whatever order: the stream keeps its promises, and so does a synth on a
cable that is pulled out now and then."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from drumatlas.beat.pattern import Pattern
from drumatlas.play.clock_follower import ClockSource, Follower
from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_ON,
    SONG_POSITION,
    START,
    STOP,
    Event,
    Output,
    TempoChange,
)
from drumatlas.play.feel import Feel
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings, VoiceOut
from drumatlas.play.timeline import STEP_TICKS, Timeline, ns_per_tick
from support.fake_synth import NOTICED_NS, FakeSynth, play_to
from support.playing import FOUR, HATS
from support.streams import Promises

MS = 1_000_000
PAUSES = st.sampled_from([0, 0, 4, 25, 130, 700])  # ms between what is done
SPACING_NS = ns_per_tick(300) - 2  # between clocks of a leader
SLOWEST_TICK_NS = ns_per_tick(20) * 1.5  # of a leader here, whose clocks may be late
CONFIGS = st.builds(
    PlaySettings,
    gate=st.sampled_from([0.05, 0.5, 1.0, 4.0]),
    swap=st.sampled_from(["step", "bar"]),
    idle_clock=st.booleans(),
    thru=st.booleans(),
    hold=st.booleans(),
    resume=st.booleans(),
    voices=st.sampled_from([-20.0, 0.0, 20.0]).map(
        lambda offset_ms: tuple(VoiceOut(40 + bit, offset_ms=offset_ms) for bit in range(14))
    ),
)


class AnyUse(RuleBasedStateMachine):
    """A sequencer, a performer's loop under a virtual clock, and a foreign leader."""

    @initialize(
        config=CONFIGS,
        source=st.sampled_from(ClockSource),
        ahead_ms=st.sampled_from([0, 30, 120]),
        synth=st.builds(FakeSynth, fails=st.booleans()),
    )
    def begin(
        self, config: PlaySettings, source: ClockSource, ahead_ms: int, synth: FakeSynth
    ) -> None:
        self.seq = Sequencer(config, HATS, 0)
        self.seq.can_rewind = True
        self.seq.lookahead_ns = ahead_ms * MS
        self.follower = Follower(self.seq, source)
        self.now = 0
        self.ahead_ns = ahead_ms * MS
        self.out: list[Output] = []
        self.may_follow = source is not ClockSource.INTERNAL
        self.is_foreign = source is ClockSource.EXTERNAL  # whether another may have led
        self.synth = synth
        self.pulled: list[tuple[int, int]] = []  # when the synth's cable was out
        self.skipped: list[tuple[int, int]] = []  # time that was left out
        self.seq.start()

    def turn(self) -> None:
        """One turn of the performer's loop."""
        self.follower.tick(self.now)
        is_urgent = self.seq.is_urgent
        if is_urgent:
            self.back(self.now)
        self.out += self.seq.advance(self.now + self.ahead_ns, is_urgent)

    def back(self, to_ns: int) -> None:
        back_ns = self.seq.rewind(to_ns)
        self.out = [o for o in self.out if o.at_ns <= back_ns]

    def pass_by(self, ms: int) -> None:
        """Let time pass in one go. Who leads and plays is heard meanwhile."""
        self.turn()
        led = self.seq.is_playing and not self.seq.is_following
        state = self.seq._s
        # A leader may have slowed down while ticks were looked at ahead: they are waited for.
        from_ns = max(state.horizon_ns, state.timeline.time_of(state.next_tick))
        known, tick_ns = len(self.out), ns_per_tick(self.seq.bpm)
        self.now += ms * MS
        self.turn()
        leads = led and self.seq.is_playing and not self.seq.is_following
        if leads and self.seq.horizon_ns - from_ns > 6 * STEP_TICKS * tick_ns + 50 * MS:
            heard = {o.data[0] & 0xF0 for o in self.out[known:] if isinstance(o, Event)}
            assert {NOTE_ON, CLOCK[0] & 0xF0} <= heard, "the beat does not go on"

    # What people do.

    @rule(what=st.sampled_from(["start", "start", "resume", "toggle", "stop"]), then=PAUSES)
    def transport(self, what: str, then: int) -> None:
        getattr(self.seq, what)()
        self.pass_by(then)

    @rule(step=st.integers(-1, 20_000), then=PAUSES)
    def locate(self, step: int, then: int) -> None:
        self.seq.locate(step)
        self.pass_by(then)

    @rule(bpm=st.floats(1, 1000), then=PAUSES)
    def tempo(self, bpm: float, then: int) -> None:
        self.seq.set_tempo(bpm)
        self.pass_by(then)

    @rule(pattern=st.sampled_from([FOUR, HATS]), is_fill=st.booleans())
    def swap_or_fill(self, pattern: Pattern, is_fill: bool) -> None:
        (self.seq.play_fill if is_fill else self.seq.set_pattern)(pattern)

    @rule(swing=st.floats(0, 1), humanize=st.floats(0, 1))
    def feel(self, swing: float, humanize: float) -> None:
        self.seq.set_feel(Feel(swing, humanize))

    @rule(then=PAUSES)
    def panic(self, then: int) -> None:
        self.seq.panic()
        self.pass_by(then)

    @precondition(lambda self: self.may_follow)
    @rule(is_on=st.booleans(), then=PAUSES)
    def follow_or_lead(self, is_on: bool, then: int) -> None:
        self.is_foreign = True
        self.seq.follow(is_on)
        self.pass_by(then)

    @rule(ms=st.integers(1500, 6000))
    def pull_the_cable(self, ms: int) -> None:
        least_ns = self.pulled[-1][1] + 2 * NOTICED_NS if self.pulled else 0
        out_ns = max(least_ns, self.seq.horizon_ns)
        self.pulled.append((out_ns, out_ns + ms * MS))

    # What a leader does.

    def hear(self, message: bytes) -> None:
        self.is_foreign = self.may_follow
        self.follower.feed(message, self.now)
        self.turn()

    @rule(message=st.sampled_from([START, CONTINUE, STOP]), then=st.sampled_from([0, 2, 20]))
    def leader_says(self, message: bytes, then: int) -> None:
        self.hear(message)
        self.pass_by(then)

    @rule(step=st.integers(0, 16_383))
    def leader_locates(self, step: int) -> None:
        self.hear(bytes((SONG_POSITION, step & 0x7F, step >> 7)))

    @rule(
        bpm=st.sampled_from([20.0, 60.0, 119.0, 121.0, 300.0]),
        clocks=st.integers(1, 40),
        jitter_ms=st.sampled_from([0, 0, 2, 5]),
    )
    def leader_beats(self, bpm: float, clocks: int, jitter_ms: int) -> None:
        began = self.now
        for i in range(clocks):
            late_ms = i * 7919 % (jitter_ms + 1)
            due_ns = began + round(ns_per_tick(bpm) * (i + 1)) + late_ms * MS
            self.now = max(self.now, due_ns)
            self.turn()
            self.hear(CLOCK)

    # What time does.

    @rule(ms=st.integers(0, 200))
    def take_back(self, ms: int) -> None:
        self.back(self.seq.horizon_ns - ms * MS)

    @rule(ms=st.integers(1, 3000))
    def sleep(self, ms: int) -> None:
        self.now += ms * MS
        if self.now > self.seq.horizon_ns:
            self.skipped.append((self.seq.horizon_ns, self.now))
        self.seq.skip_to(self.now)

    @rule(ms=st.integers(0, 6000))
    def wait(self, ms: int) -> None:
        self.pass_by(ms)

    @invariant()
    def nothing_is_late(self) -> None:
        if hasattr(self, "out"):
            horizon_ns = self.seq.horizon_ns
            assert all(o.at_ns <= horizon_ns for o in self.out if isinstance(o, Event))

    def teardown(self) -> None:
        self.hear_at_the_synth(FakeSynth(), len(self.out) // 2)  # as if the box died there
        self.seq.stop()
        self.out += self.seq.advance(self.seq.horizon_ns)
        config = self.seq.settings
        lead_ns = (0 if config.thru else None) if self.is_foreign else MS
        promises = Promises(
            gate=config.gate,
            slowest_tick_ns=SLOWEST_TICK_NS if self.is_foreign else 0,
            skipped=self.skipped,
            idle_clock=config.idle_clock or (config.thru and self.is_foreign),
            spacing_ns=(0 if config.thru else MS) if self.is_foreign else SPACING_NS,
            lead_ns=lead_ns,
        )
        self.check(self.out, promises)
        self.hear_at_the_synth(self.synth, len(self.out))

    def hear_at_the_synth(self, synth: FakeSynth, until: int) -> None:
        events = [o for o in self.out[:until] if isinstance(o, Event)]
        play_to(synth, events, self.seq.settings.channels, self.pulled)
        if synth.is_plugged:
            assert not synth.sounding, "notes left hanging"
            assert not synth.is_started, "no Stop"

    check: Callable[..., Counter[str]]


def test_any_order_of_use_keeps_the_promises_of_the_stream(
    check_stream: Callable[..., Counter[str]], state_settings: settings
) -> None:
    machine = type("AnyUse", (AnyUse,), {"check": staticmethod(check_stream)})
    run_state_machine_as_test(machine, settings=state_settings)


def test_a_new_tempo_that_waits_for_time_left_out_lengthens_the_notes_before_it(
    check_stream: Callable[..., Counter[str]],
) -> None:
    """It is asked for at 4 ms; the machine stands still until the tick that shows it."""
    fast, slow = Timeline(0, 0, ns_per_tick(300)), Timeline(160 * MS, 0, ns_per_tick(20))
    note, end = bytes((0x99, 42, 80)), bytes((0x89, 42, 64))
    outputs: list[Output] = [
        *(TempoChange(fast, is_start=True), Event(0, START), Event(MS, CLOCK), Event(2 * MS, note)),
        *(Event(160 * MS, end), TempoChange(slow), Event(160 * MS, STOP)),
    ]
    check_stream(outputs, Promises(gate=0.05, skipped=[(5 * MS, 160 * MS)]))
    with pytest.raises(AssertionError, match="longer than its gate"):
        check_stream(outputs, Promises(gate=0.05))
