"""Musical time as a function of monotonic time: tempo, ticks, and tempo changes that keep the
phase. Pure."""

from dataclasses import dataclass, replace

from drumatlas.beat.steps import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT

PPQN = 24  # MIDI clocks a quarter note
STEP_TICKS = PPQN // STEPS_PER_BEAT  # 6 clocks a 16th
BAR_TICKS = STEP_TICKS * STEPS_PER_BAR
CYCLE_TICKS = STEP_TICKS * STEPS  # a whole beat: two bars
MIN_TEMPO, MAX_TEMPO = 20.0, 300.0  # BPM the transport accepts

_NS_PER_MINUTE = 60_000_000_000


def ns_per_tick(bpm: float) -> float:
    """Return the nanoseconds between two MIDI clocks at `bpm`."""
    return _NS_PER_MINUTE / (bpm * PPQN)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A straight line from ticks (24 a beat, from Start) to monotonic nanoseconds.

    All times are computed from one anchor, so errors do not add up.
    """

    anchor_ns: int
    anchor_tick: float
    ns_per_tick: float

    def time_of(self, tick: float) -> int:
        """Return when `tick` is due, monotonic ns."""
        return self.anchor_ns + round((tick - self.anchor_tick) * self.ns_per_tick)

    def tick_at(self, at_ns: int) -> float:
        """Return the position at `at_ns` (monotonic), in ticks."""
        return self.anchor_tick + (at_ns - self.anchor_ns) / self.ns_per_tick

    def anchored_at(self, at_ns: int) -> "Timeline":
        """Return the same line with its anchor at `at_ns` (monotonic)."""
        return Timeline(at_ns, self.tick_at(at_ns), self.ns_per_tick)

    def with_tempo(self, ns_per_tick: float) -> "Timeline":
        """Return a line through the same anchor whose ticks are `ns_per_tick` apart."""
        return replace(self, ns_per_tick=ns_per_tick)

    def change_tempo(self, tick: float, ns_per_tick: float) -> "Timeline":
        """Return a line that goes on from `tick` of this one, with ticks `ns_per_tick` apart: the
        position does not jump."""
        return Timeline(self.time_of(tick), tick, ns_per_tick)

    def delayed(self, by_ns: int) -> "Timeline":
        """Return a line on which every tick is due `by_ns` later."""
        return replace(self, anchor_ns=self.anchor_ns + by_ns)

    def renumbered(self, by_ticks: float) -> "Timeline":
        """Return a line on which every tick has a number that is `by_ticks` higher."""
        return replace(self, anchor_tick=self.anchor_tick + by_ticks)
