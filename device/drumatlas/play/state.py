"""All that changes while the sequencer plays, so that it can be taken back."""

from dataclasses import dataclass, field, replace

from drumatlas.beat.pattern import Pattern
from drumatlas.play.feel import Feel
from drumatlas.play.outbox import Outbox
from drumatlas.play.transport import Timeline


@dataclass(slots=True)
class State:
    """The sequencer at `horizon_ns`: everything up to there has been given out."""

    horizon_ns: int
    timeline: Timeline
    pattern: Pattern  # what sounds
    waiting: Pattern | None = None  # swaps in at the next grid point
    boundary_ns: int = 0  # the last point where a pattern could come in
    fill: Pattern | None = None  # plays until the end of the bar
    feel: Feel = field(default_factory=Feel)
    is_playing: bool = False
    next_tick: int = 0  # the first that was not looked at yet
    is_first: bool = False  # the next tick is the first since the start
    first_ns: int = 0  # when that one was due; no note is before it
    clock_ns: int = -(1 << 62)  # when the last clock that was looked at is due
    is_told: bool = False  # outputs got Start or Continue (or will), and no Stop since
    is_timed: bool = False  # recorders were told that musical time goes on
    position: int = 0  # tick where Continue goes on; while it plays, where it began
    is_following: bool = False  # a foreign clock moves the timeline
    shift: int = 0  # following: our position less the tick that is counted for us
    realigns: bool = False  # following: the next clock that is counted is where it plays now
    armed: bool = False  # following, started, and waiting for the first clock
    limit_tick: int | None = None  # following: no tick behind this one, until more clock is heard
    outbox: Outbox = field(default_factory=Outbox)

    def copy(self) -> "State":
        """One that can be changed apart from this."""
        return replace(self, timeline=replace(self.timeline), outbox=self.outbox.copy())
