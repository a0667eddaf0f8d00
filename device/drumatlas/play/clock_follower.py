"""Follows a foreign clock: MIDI messages in, a timeline for the sequencer out. Pure.

The position is counted, not guessed. Each clock is one tick, except that doubled clocks are ignored
and lost ones are filled in by time, once it is clear that this is a dropout and not a slower tempo.
"""

from collections.abc import Callable

from drumatlas.play.clock_count import BRIDGE_TICKS
from drumatlas.play.events import CLOCK, CONTINUE, SONG_POSITION, START, STOP, position_of
from drumatlas.play.following import HeardClock
from drumatlas.play.leader_clock import LeaderClock
from drumatlas.play.loop_guard import LoopGuard
from drumatlas.play.own_clock import OwnClock
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import ClockSource
from drumatlas.play.timeline import STEP_TICKS, ns_per_tick

_ROUNDED = 3  # ticks; a leader may round Song Position up to the next 16th
HEARD = 8  # clocks in a row after which `auto` follows
SILENT_NS = 2_000_000_000  # without a clock; then `auto` leads again


class Follower:
    """Moves `sequencer` with the clock and transport of a leader. Feed it from one thread."""

    def __init__(
        self, sequencer: Sequencer, source: ClockSource, own: OwnClock | None = None
    ) -> None:
        self.own = own or OwnClock()  # recognises our own clock when it comes back
        self._guard = LoopGuard(sequencer, self.own)
        self._sequencer = sequencer
        self._source = source
        self._leader = LeaderClock(ns_per_tick(sequencer.settings.bpm))
        self._tick = -1  # tick of the last clock: the leader's position while it runs
        self._position = 0  # tick of the first clock after Continue
        self._is_running = False
        self._is_armed = False
        self._heard = 0
        self._table: dict[int, Callable[[bytes, int], None]] = {
            CLOCK[0]: lambda _, at_ns: self._hear_clock(at_ns),
            START[0]: lambda _m, _at: self._start(),
            CONTINUE[0]: lambda _m, at_ns: self._continue(at_ns),
            STOP[0]: lambda _m, _at: self._stop(),
            SONG_POSITION: lambda message, _at: self._locate(message),
        }
        if source is ClockSource.EXTERNAL:
            sequencer.follow(True)
            self._follows = True
        else:
            self._follows = False

    @property
    def is_locked(self) -> bool:
        """Whether a clock arrives whose tempo can be trusted."""
        return self._follows and self._leader.expected().is_locked

    @property
    def bpm(self) -> float:
        """The leader's tempo, BPM."""
        return ns_per_tick(1.0) / self._leader.expected().period_ns

    @property
    def position(self) -> int:
        """The leader's position: the tick (24 a beat) of its last clock."""
        return self._tick + self._leader.pending

    def feed(self, message: bytes, at_ns: int) -> None:
        """Take one complete MIDI message that arrived at `at_ns` (monotonic ns). Messages other
        than clock and transport are ignored."""
        if self._source is not ClockSource.INTERNAL and message:
            action = self._table.get(message[0])
            if action and not self.own.is_transport(message, at_ns, self._follows):
                action(message, at_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass: `auto` leads again when no clock has arrived for SILENT_NS."""
        self._guard.tick(now_ns)
        is_auto = self._source is ClockSource.AUTO
        if is_auto and self._follows and now_ns - (self._leader.last_ns or now_ns) > SILENT_NS:
            self._follows = self._is_running = self._is_armed = False
            self._heard = 0
            self._sequencer.follow(False)

    def _hear_clock(self, at_ns: int) -> None:
        """Take a clock, unless it is one of our own that came back."""
        if not self._follows:
            if self._guard.leads(at_ns):
                self._clock(at_ns)
        elif self._sequencer.settings.thru:
            for one_ns in self._guard.follows(at_ns, self._leader.expected()):
                self._clock(one_ns)
        else:
            self._clock(at_ns)

    def _clock(self, at_ns: int) -> None:
        shift, tick = self._leader.take(at_ns)
        self._tick += shift
        if tick is None:
            return
        smooth_ns = tick.at_ns
        self._heard = 1 if tick.is_first else self._heard + 1
        if not self._follows and not self._begin_to_follow(at_ns):
            return
        if self._is_armed:
            self._is_armed, self._is_running = False, True
            self._tick = self._position
            self._leader.begin()
            smooth_ns = at_ns  # the first clock after Start counts as it is, unsmoothed
        else:
            self._tick += tick.ticks
        period_ns = self._leader.expected().period_ns
        self._sequencer.hear_clock(HeardClock(self._tick, smooth_ns, period_ns, self._is_running))

    def _begin_to_follow(self, at_ns: int) -> bool:
        """Decide, under `auto`, whether this clock is enough to follow. A leader that is already
        running is joined at the nearest tick, so nothing is played twice."""
        if not self._is_armed and (self._heard < HEARD or not self._guard.is_free()):
            return False
        self._follows = True
        if not self._is_armed and self._sequencer.is_playing:
            self._is_running = True
            self._tick = round(self._sequencer.tick_at(at_ns)) - 1
        self._sequencer.follow(True)
        return True

    def _start(self) -> None:
        self._take_over()
        self._arm(0, is_continue=False)

    def _continue(self, at_ns: int) -> None:
        """Go on from the position of the last Stop or Song Position. Nothing happens if the box
        already plays or waits for the first clock: some leaders send Continue at every bar."""
        goes_on = not self._is_lost(at_ns) or self._sequencer.settings.hold
        if self._is_armed or (self._is_running and goes_on):
            return
        if self._is_running:
            self._position = self.position + 1
        if self._take_over():
            self._sequencer.locate(self._position // STEP_TICKS)  # outputs count from there
        self._arm(self._position, is_continue=True)

    def _is_lost(self, at_ns: int) -> bool:
        """Return whether a running leader has been silent for longer than can be bridged."""
        silent_ns = at_ns - (self._leader.last_ns or at_ns)
        return silent_ns > BRIDGE_TICKS * self._leader.expected().period_ns

    def _take_over(self) -> bool:
        """Obey a leader's transport at once, under `auto`. Return whether we were leading until
        now."""
        if self._follows:
            return False
        self._follows = True
        self._sequencer.stop()
        self._sequencer.follow(True)
        return True

    def _arm(self, position: int, *, is_continue: bool) -> None:
        self._position, self._is_armed, self._is_running = position, True, False
        self._sequencer.arm(position, is_continue)

    def _stop(self) -> None:
        if self._is_running:
            self._position = self.position + 1
        self._is_running = self._is_armed = False
        if self._follows:
            self._sequencer.stop()

    def _locate(self, message: bytes) -> None:
        """Go to a 16th. A running leader reaches it with its next clock (by the specification it
        would stop first). If the leader is there already, nothing changes."""
        if len(message) != 3:
            return
        position = position_of(message) * STEP_TICKS
        if self._is_running and -_ROUNDED <= self.position + 1 - position < STEP_TICKS:
            return
        if self._is_armed and position == self._position:
            return
        self._is_armed |= self._is_running
        self._position, self._is_running = position, False
        if self._follows:
            self._sequencer.locate(position // STEP_TICKS)
