"""Following a foreign clock: MIDI messages in, a timeline for the sequencer out. Pure.

Position is counted, not guessed: each clock is one tick, but for doubled ones (thrown away) and
lost ones (made up for by time, once it is clear that it was a dropout and not a slower tempo).
"""

from collections.abc import Callable

from drumatlas.play.clock_filter import ClockFilter
from drumatlas.play.events import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from drumatlas.play.following import BRIDGE_TICKS, Heard
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import ClockSource
from drumatlas.play.transport import STEP_TICKS, ns_per_tick

_DOUBLE = 0.35  # of a period, but not over _DOUBLE_NS: a clock that soon is a double
_DOUBLE_NS = 4_000_000  # clocks lie 8.3 ms apart at 300 BPM
_EARLY = 0.5  # of a period: and only if the next one is not due for so long
_LATE = 1.5  # of a period: after this, clocks were lost or the tempo fell
_ALIKE = 0.15  # two late clocks in a row this much alike are a slower tempo
HEARD = 8  # clocks in a row that make `auto` follow
SILENT_NS = 2_000_000_000  # without a clock, after which `auto` leads again


class Follower:
    """Moves `sequencer` by what a leader sends. Feed it from one thread."""

    def __init__(self, sequencer: Sequencer, source: ClockSource) -> None:
        self._sequencer = sequencer
        self._source = source
        self._filter = ClockFilter(ns_per_tick(sequencer.settings.bpm))
        self._tick = -1  # of the last clock: the leader's position while it runs
        self._position = 0  # tick of the first clock after Continue
        self._is_running = False
        self._is_armed = False
        self._last_ns: int | None = None
        self._late: tuple[float, int] | None = None  # a late clock's interval, ticks made up
        self._heard = 0
        self._table: dict[int, Callable[[bytes, int], None]] = {
            CLOCK[0]: lambda _, at_ns: self._clock(at_ns),
            START[0]: lambda _, at_ns: self._arm(0, False, at_ns),
            CONTINUE[0]: lambda _, at_ns: self._arm(self._position, True, at_ns),
            STOP[0]: lambda _m, _at: self._stop(),
            SONG_POSITION: self._locate,
        }
        if source is ClockSource.EXTERNAL:
            sequencer.follow(True)
            self._follows = True
        else:
            self._follows = False

    @property
    def is_locked(self) -> bool:
        """Whether a clock is heard whose tempo can be trusted."""
        return self._follows and self._filter.is_locked

    @property
    def bpm(self) -> float:
        """The leader's tempo."""
        return ns_per_tick(1.0) / self._filter.period_ns

    def feed(self, message: bytes, at_ns: int) -> None:
        """Take one complete MIDI message that arrived at `at_ns`; what is no clock is ignored."""
        if self._source is not ClockSource.INTERNAL and message:
            action = self._table.get(message[0])
            if action:
                action(message, at_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass: `auto` leads again when no clock came for long."""
        is_auto = self._source is ClockSource.AUTO
        if is_auto and self._follows and now_ns - (self._last_ns or now_ns) > SILENT_NS:
            self._follows = self._is_running = self._is_armed = False
            self._heard = 0
            self._sequencer.follow(False)

    def _clock(self, at_ns: int) -> None:
        periods = self._periods_since_last(at_ns)
        if periods == 0:
            return
        smooth_ns = self._filter.update(at_ns, periods) if periods > 0 else self._relock(at_ns)
        self._last_ns = at_ns
        self._heard += 1
        if not self._follows and not self._begin_to_follow(at_ns):
            return
        if self._is_armed:
            self._is_armed, self._is_running = False, True
            self._tick = self._position
            smooth_ns = at_ns  # the first clock after Start is the one, not an estimate of it
        else:
            self._tick += max(periods, 1)
        period_ns = self._filter.period_ns
        self._sequencer.hear_clock(Heard(self._tick, smooth_ns, period_ns, self._is_running))

    def _periods_since_last(self, at_ns: int) -> int:
        """How many ticks this clock is behind the last: 0 for a double, -1 after a long silence."""
        if self._last_ns is None:
            return -1
        period, interval = self._filter.period_ns, at_ns - self._last_ns
        late, self._late = self._late, None
        # Soon after one that was held up comes one that is on time: that is no double. But if
        # the held up one was taken for two, the second is what comes early now.
        is_early = self._filter.due_ns - at_ns > _EARLY * period
        if is_early and (interval < min(_DOUBLE_NS, _DOUBLE * period) or late):
            self._late = late
            return 0
        if interval < _LATE * period or not self._filter.is_locked:
            return 1 if interval < BRIDGE_TICKS * period else -1
        if late and abs(interval / late[0] - 1) < _ALIKE:
            # Twice as late in the same way: the tempo fell, nothing was lost.
            self._tick -= late[1]
            self._filter.restart(self._last_ns, interval)
            return 1
        if interval > BRIDGE_TICKS * period:
            return -1
        lost = round(interval / period) - 1
        self._late = (interval, lost)
        return lost + 1

    def _relock(self, at_ns: int) -> int:
        self._heard = 0
        return self._filter.restart(at_ns)

    def _begin_to_follow(self, at_ns: int) -> bool:
        """`auto`: whether this clock is enough to follow. A leader that was already under way
        is joined at the nearest tick, so nothing is played twice."""
        if not self._is_armed and self._heard < HEARD:
            return False
        self._follows = True
        if not self._is_armed and self._sequencer.is_playing:
            self._is_running = True
            self._tick = round(self._sequencer.tick_at(at_ns)) - 1
        self._sequencer.follow(True)
        return True

    def _arm(self, position: int, is_continue: bool, _at_ns: int) -> None:
        self._position, self._is_armed, self._is_running = position, True, False
        if self._source is ClockSource.AUTO and not self._follows:
            self._follows = True
            self._sequencer.stop()
            self._sequencer.follow(True)
        self._sequencer.arm(position, is_continue)

    def _stop(self) -> None:
        if self._is_running:
            self._position = self._tick + 1
        self._is_running = self._is_armed = False
        if self._follows:
            self._sequencer.stop()

    def _locate(self, message: bytes, at_ns: int) -> None:
        if len(message) != 3:
            return
        self._position = (message[1] | message[2] << 7) * STEP_TICKS
        if self._is_running:  # rare, but some leaders jump while they play
            self._arm(self._position, True, at_ns)
        elif self._follows:
            self._sequencer.locate(self._position // STEP_TICKS)
