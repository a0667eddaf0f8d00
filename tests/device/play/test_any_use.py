from collections import Counter
from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from drumatlas.beat.pattern import Pattern
from drumatlas.play.events import Event, Output
from drumatlas.play.feel import Feel
from drumatlas.play.settings import VoiceOut
from playing import FOUR, HATS, sequencer


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
