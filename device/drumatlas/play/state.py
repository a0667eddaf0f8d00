"""Everything that changes while the sequencer plays, in one object, so that it can be rewound."""

from dataclasses import dataclass, field, fields
from operator import attrgetter

from drumatlas.beat.pattern import Pattern
from drumatlas.play.feel import Feel
from drumatlas.play.outbox import Outbox
from drumatlas.play.timeline import Timeline


@dataclass(slots=True)
class State:
    """The sequencer at `horizon_ns` (monotonic): everything up to there has been given out."""

    horizon_ns: int
    timeline: Timeline
    pattern: Pattern  # the one that sounds
    waiting: Pattern | None = None  # swaps in at the next grid point
    boundary_ns: int = 0  # the last point where a pattern could come in
    fill: Pattern | None = None  # plays until the end of the bar
    feel: Feel = field(default_factory=Feel)
    is_playing: bool = False
    next_tick: int = 0  # the first that has not been processed yet
    is_first: bool = False  # the next tick is the first since the start
    first_ns: int = 0  # when that tick is due; no note comes before it
    clock_ns: int = -(1 << 62)  # when the last processed clock is due
    has_sent_start: bool = False  # outputs got Start or Continue (or will), and no Stop after it
    is_timed: bool = False  # recorders know that musical time runs
    position: int = 0  # tick where Continue goes on; while playing, where the run began
    is_following: bool = False  # a foreign clock drives the timeline
    shift: int = 0  # following: our position minus the leader's tick
    realigns: bool = False  # following: the next clock is to match the present position
    armed: bool = False  # following, started, and waiting for the first clock
    limit_tick: int | None = None  # following: the last tick to play before the next clock
    outbox: Outbox = field(default_factory=Outbox)

    def copy(self) -> "State":
        """Return a copy that can be changed independently."""
        made = State(*_values(self))  # much faster than `replace`; each advance makes a copy
        made.outbox = self.outbox.copy()
        return made


_values = attrgetter(*(one.name for one in fields(State)))
