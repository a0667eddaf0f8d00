"""Musical time as a function of monotonic time: tempo, ticks, and tempo changes that keep the
phase."""

from dataclasses import dataclass

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


@dataclass(slots=True)
class Timeline:
    """A straight line from ticks to nanoseconds.

    It changes only at a tick, so ticks stay evenly spaced and the position never jumps. All times
    are computed from one anchor, so errors do not add up.
    """

    anchor_ns: int
    anchor_tick: int
    ns_per_tick: float

    def time_of(self, tick: int) -> int:
        """Return when `tick` is due, monotonic ns."""
        return self.anchor_ns + round((tick - self.anchor_tick) * self.ns_per_tick)

    def tick_at(self, now_ns: int) -> float:
        """Return the position at `now_ns`, in ticks."""
        return self.anchor_tick + (now_ns - self.anchor_ns) / self.ns_per_tick

    def change_tempo(self, tick: int, ns_per_tick: float) -> None:
        """Make ticks `ns_per_tick` apart from `tick` on."""
        self.anchor_ns, self.anchor_tick = self.time_of(tick), tick
        self.ns_per_tick = ns_per_tick
