"""The sequencer: pattern and transport in, time-stamped messages out. Pure; exact under a
virtual clock.

`advance(until)` gives every message due up to `until`, in order. Ticks are looked at a little
earlier than they are due, so that notes may come before their grid point. What was given out
for the near future can be taken back with `rewind`, so that a command does not have to wait
behind it.
"""

from collections import deque
from collections.abc import Callable
from math import ceil

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR
from drumatlas.beat.pattern import Pattern, Step
from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_ON,
    RANK_CLOCK,
    RANK_ON,
    RANK_TRANSPORT,
    SONG_POSITION,
    START,
    STOP,
    Event,
    Output,
    TempoChange,
    panic,
)
from drumatlas.play.feel import HUMANIZE_NS, HUMANIZE_VELOCITY, SWING_MOST, Chance, Feel
from drumatlas.play.settings import SWAPS, PlaySettings
from drumatlas.play.state import State
from drumatlas.play.transport import (
    MAX_TEMPO,
    MIN_TEMPO,
    PPQN,
    STEP_TICKS,
    Timeline,
    ns_per_tick,
)

# From Start to the first clock: receivers want 1 ms at least, and a JACK port that delivers on
# a raster of 256 samples (5.3 ms) must not squeeze them into one period.
START_LEAD_NS = 10_000_000
BRIDGE_TICKS = PPQN  # how long the beat goes on when a foreign clock drops out
_HISTORY = 64  # states kept for `rewind`; at 200 calls a second a third of a second


_Command = tuple[Callable[[], None], bool]  # what to do, and whether it is urgent


class Sequencer:
    """One player. Other threads call the methods of the first part: each only appends to a
    queue, which `advance` takes at its next call."""

    def __init__(self, settings: PlaySettings, pattern: Pattern, now_ns: int) -> None:
        self.settings = settings.check()
        self.can_rewind = False  # whether states are remembered for `rewind`
        self.lookahead_ns = 0  # how far ahead of the present its caller lets it run
        self.on_step: Callable[[int, Pattern, Step], None] | None = None  # for recorders
        self.on_urgent: Callable[[], None] = lambda: None  # called where `is_urgent` turns true
        self._commands: deque[_Command] = deque()
        self._chance = Chance(settings.seed)
        self._out: list[Output] = []
        line = Timeline(now_ns, 0, ns_per_tick(settings.bpm))
        self._s = State(now_ns, line, pattern)
        # States at the ends of past calls, each with the commands that were run at its beginning.
        self._history: deque[tuple[State, list[_Command]]] = deque(maxlen=_HISTORY)

    def _ask(self, command: Callable[[], None], is_urgent: bool = True) -> None:
        self._commands.append((command, is_urgent))
        if is_urgent:
            self.on_urgent()

    def start(self) -> None:
        """Play from the top; nothing if it plays already."""
        self._ask(lambda: self._start(START, 0))

    def resume(self) -> None:
        """Continue from where it was stopped or located; nothing if it plays already."""
        self._ask(lambda: self._start(CONTINUE, self._s.position))

    def stop(self) -> None:
        """End all notes and send Stop; nothing if it is stopped."""
        self._ask(self._stop)

    def toggle(self) -> None:
        """Start if stopped, stop if playing."""
        self._ask(lambda: self._stop() if self.is_playing else self._start(START, 0))

    def locate(self, step: int) -> None:
        """Go to a 16th, counted from the song's beginning (0..16383, as Song Position counts);
        a player that plays stops for it and continues there."""
        self._ask(lambda: self._locate(min(max(step, 0), 0x3FFF)))

    def set_pattern(self, pattern: Pattern) -> None:
        """Play `pattern` from the next grid point on; the newest wins."""
        # Where it could have come in at a point that was given out already but is still to come.
        state = self._s
        is_urgent = state.is_playing and state.boundary_ns > state.horizon_ns - self.lookahead_ns
        self._ask(lambda: self._set_pattern(pattern), is_urgent)

    def play_fill(self, pattern: Pattern) -> None:
        """Play `pattern` from the next step to the end of the bar."""
        self._ask(lambda: self._set_fill(pattern))

    def set_tempo(self, bpm: float) -> None:
        """New tempo (clipped to 20..300 BPM) from the next tick on; the phase is kept. A player
        that follows a foreign clock takes the clock's."""
        bpm = min(max(bpm, MIN_TEMPO), MAX_TEMPO)
        self._ask(lambda: self._set_tempo(ns_per_tick(bpm)))

    def set_feel(self, feel: Feel) -> None:
        """Swing and humanize, from the next step on."""
        self._ask(lambda: self._set_feel(feel))

    def panic(self) -> None:
        """End every note, ours and others', on all channels in use."""
        self._ask(self._panic)

    def follow(self, is_on: bool) -> None:
        """Let a foreign clock move the timeline, or lead again, from the same position on."""
        self._ask(lambda: self._follow(is_on))

    def arm(self, position: int, is_continue: bool = False) -> None:
        """Following: the next foreign clock is tick `position`, and plays."""
        self._ask(lambda: self._arm(position, is_continue))

    def hear_clock(self, tick: int, at_ns: int, tick_ns: float) -> None:
        """Following: `tick` is (as filtered) at `at_ns`, and the ticks lie `tick_ns` apart."""
        self._ask(lambda: self._hear_clock(tick, at_ns, tick_ns), not self._s.is_playing)

    @property
    def is_playing(self) -> bool:
        """Whether it plays, as far as it was given out."""
        return self._s.is_playing

    @property
    def is_following(self) -> bool:
        """Whether a foreign clock moves the timeline."""
        return self._s.is_following

    @property
    def pattern(self) -> Pattern:
        """What sounds."""
        return self._s.pattern

    @property
    def bpm(self) -> float:
        """The tempo in force."""
        return ns_per_tick(1.0) / self._s.timeline.ns_per_tick

    @property
    def horizon_ns(self) -> int:
        """Everything up to here has been given out."""
        return self._s.horizon_ns

    def position_at(self, now_ns: int) -> int:
        """The step (0..31) that sounds at `now_ns`, for displays."""
        return max(int(self._s.timeline.tick_at(now_ns)) // STEP_TICKS, 0) % STEPS

    def tick_at(self, now_ns: int) -> float:
        """The position at `now_ns` in ticks; where it stands while stopped."""
        state = self._s
        return state.timeline.tick_at(now_ns) if state.is_playing else float(state.position)

    def swaps_by(self, until_ns: int) -> bool:
        """Whether `advance(until_ns)` comes to a point where a new pattern may come in."""
        state = self._s
        if not state.is_playing:
            return True
        every = STEP_TICKS * SWAPS[self.settings.swap]
        boundary = -(-state.next_tick // every) * every  # the next one, this tick included
        return state.timeline.time_of(boundary) <= until_ns + self.settings.early_ns

    # Called by the performer.

    @property
    def is_urgent(self) -> bool:
        """Whether a command waits that should not wait behind what was given out."""
        return any(is_urgent for _, is_urgent in tuple(self._commands))

    def advance(self, until_ns: int, takes_urgent: bool = True) -> list[Output]:
        """Every message due after the last call and up to `until_ns`, in order of time.

        Commands take effect where the last call ended. A caller that comes late gets all that
        was due meanwhile, unless it called `skip_to` before. Without `takes_urgent` it leaves
        commands from the first urgent one on for the next call, which should rewind first.
        """
        self._out = []
        done: list[_Command] = []
        while self._commands and (takes_urgent or not self._commands[0][1]):
            done.append(self._commands.popleft())
            done[-1][0]()
        if self.can_rewind:
            self._history.append((self._s.copy(), done))
        self._run(until_ns)
        return self._out

    def rewind(self, to_ns: int) -> int:
        """Take back what was given out for after `to_ns`; returns from when on it was taken
        back (later than `to_ns` if that is longer ago than is remembered). The caller must have
        taken the messages after that time from its ports."""
        states = (state for state, _ in reversed(self._history))
        back = next((state for state in states if state.horizon_ns <= to_ns), None)
        if back is None or to_ns >= self._s.horizon_ns:
            return self._s.horizon_ns
        again: list[_Command] = []
        while self._history[-1][0] is not back:
            again = self._history.pop()[1] + again
        self._commands.extendleft(reversed(again))  # what was asked since still holds
        self._s = back.copy()
        self._out = []
        self._run(to_ns)  # given out before, the very same
        self._out = []
        return to_ns

    def skip_to(self, now_ns: int) -> None:
        """Leave out the time from the last call to `now_ns`. A leader's music comes later by
        that much, at the same position (who follows counts clocks, and a burst of them would
        throw it off); a follower leaves out what it missed."""
        state = self._s
        gap_ns = now_ns - state.horizon_ns
        if gap_ns <= 0:
            return
        if state.is_following and state.is_playing:
            # The end of what sounds is due at once; what should have begun is left out.
            state.outbox.due = [due for due in state.outbox.due if due[1] != RANK_ON]
            state.next_tick = max(ceil(state.timeline.tick_at(now_ns)), state.next_tick)
        else:
            state.timeline.anchor_ns += gap_ns
            state.first_ns += gap_ns
            state.clock_ns += gap_ns
            state.outbox.shift(gap_ns)
        state.horizon_ns = now_ns
        self._history.clear()

    def _run(self, until_ns: int) -> None:
        state = self._s
        while self._has_ticks:
            at_ns = max(state.timeline.time_of(state.next_tick), state.horizon_ns)
            if at_ns > until_ns + self.settings.early_ns:
                break
            if state.limit_tick is not None and state.next_tick > state.limit_tick:
                if state.timeline.time_of(state.limit_tick) <= until_ns:
                    self._lose_clock()
                break
            self._tick(state.next_tick, at_ns)
            state.next_tick += 1
        gate_ns = round(state.timeline.ns_per_tick * STEP_TICKS * self.settings.gate)
        self._out += state.outbox.give(until_ns, gate_ns)
        state.horizon_ns = max(until_ns, state.horizon_ns)

    @property
    def _has_ticks(self) -> bool:
        state = self._s
        return state.is_playing or (self.settings.idle_clock and not state.is_following)

    @property
    def _sends_transport(self) -> bool:
        return self.settings.thru or not self._s.is_following

    def _tick(self, tick: int, at_ns: int) -> None:
        state = self._s
        state.clock_ns = at_ns
        if self._sends_transport:
            state.outbox.push(RANK_CLOCK, Event(at_ns, CLOCK))
        if tick % STEP_TICKS or not state.is_playing:
            return
        step = tick // STEP_TICKS
        if step % SWAPS[self.settings.swap] == 0:
            state.boundary_ns = at_ns
            self._swap_now()
        if step % STEPS_PER_BAR == 0:
            state.fill = None
        self._play_step(step, at_ns)

    def _play_step(self, step: int, at_ns: int) -> None:
        state = self._s
        cycle = step // STEPS
        pattern = state.fill or state.pattern
        variant = self._chance.pick(len(pattern.cycles), cycle)
        hits = pattern.cycles[variant][step % STEPS]
        if self.on_step:
            self.on_step(step, pattern, hits)
        step_ns = state.timeline.ns_per_tick * STEP_TICKS
        late_ns = state.feel.swing * SWING_MOST * step_ns if step % 2 else 0.0
        for voice, velocity in hits:
            out = self.settings.voices[voice]
            if out.is_muted:
                continue
            shift_ns, loud = out.offset_ms * 1e6, velocity
            if state.feel.humanize:
                place = (cycle, step, voice)
                shift_ns += self._chance.at(*place, 1) * state.feel.humanize * HUMANIZE_NS
                more = self._chance.at(*place, 2) * state.feel.humanize * HUMANIZE_VELOCITY
                loud = min(max(velocity + round(more), 1), 127)
            due_ns = max(at_ns + round(late_ns + shift_ns), state.first_ns, state.horizon_ns)
            message = bytes((NOTE_ON | out.channel, out.note, loud))
            state.outbox.push(RANK_ON, Event(due_ns, message))

    # Commands, run by `advance` at the horizon.

    def _start(self, message: bytes, position: int) -> None:
        state = self._s
        if state.is_playing:
            return
        if state.is_following:
            self._arm(position, message == CONTINUE)
            return
        if not self.settings.idle_clock:
            self._out.append(Event(state.horizon_ns, message))
            self._begin(position, state.horizon_ns + START_LEAD_NS)
            return
        # The clocks go on evenly, and Start stands between two of them.
        line = state.timeline
        first_ns = line.time_of(state.next_tick)
        # Half way at most: the clock before may be nearer than this tempo's.
        while first_ns - (lead_ns := self._lead_to(first_ns)) < state.horizon_ns:
            self._tick(state.next_tick, max(first_ns, state.horizon_ns))
            state.next_tick += 1
            first_ns = line.time_of(state.next_tick)
        state.outbox.push(RANK_TRANSPORT, Event(first_ns - lead_ns, message))
        self._begin(position, first_ns)

    def _lead_to(self, first_ns: int) -> int:
        return min(START_LEAD_NS, (first_ns - self._s.clock_ns) // 2)

    def _begin(self, position: int, first_ns: int) -> None:
        state = self._s
        self._swap_now()
        state.timeline = Timeline(first_ns, position, state.timeline.ns_per_tick)
        state.next_tick = position
        state.is_playing, state.first_ns = True, first_ns
        change = TempoChange(first_ns, position, state.timeline.ns_per_tick, is_start=True)
        state.outbox.push(RANK_TRANSPORT, change)

    def _stop(self) -> None:
        state = self._s
        state.armed = False
        if not state.is_playing:
            return
        state.position = max(ceil(state.timeline.tick_at(state.horizon_ns)), 0)
        state.is_playing = False
        state.limit_tick = None
        # With an idle clock Start waits for its place between two clocks; it may still be here.
        unsent = any(d[1] == RANK_TRANSPORT and isinstance(d[3], Event) for d in state.outbox.due)
        clocks = [d for d in state.outbox.due if d[1] == RANK_CLOCK and self.settings.idle_clock]
        self._out += state.outbox.clear(state.horizon_ns)
        state.outbox.due = clocks  # in order: a sorted list is a heap
        state.outbox.due.sort()
        state.fill = None
        if self._sends_transport and not unsent:
            self._out.append(Event(state.horizon_ns, STOP))
        self._swap_now()

    def _locate(self, step: int) -> None:
        was_playing = self.is_playing
        self._stop()
        state = self._s
        state.position = step * STEP_TICKS
        if self._sends_transport:
            message = bytes((SONG_POSITION, step & 0x7F, step >> 7))
            self._out.append(Event(state.horizon_ns, message))
        if was_playing:
            self._start(CONTINUE, state.position)

    def _panic(self) -> None:
        self._out += self._s.outbox.silence(self._s.horizon_ns)
        self._out += panic(self._s.horizon_ns, self.settings.channels)

    def _swap_now(self) -> None:
        """What waits for a grid point comes in at once while stopped."""
        if self._s.waiting:
            self._s.pattern, self._s.waiting = self._s.waiting, None

    def _set_pattern(self, pattern: Pattern) -> None:
        self._s.waiting = pattern
        if not self._s.is_playing:
            self._swap_now()

    def _set_fill(self, pattern: Pattern) -> None:
        if self._s.is_playing:
            self._s.fill = pattern

    def _set_feel(self, feel: Feel) -> None:
        self._s.feel = feel

    def _set_tempo(self, tick_ns: float) -> None:
        """At the next tick, which is not given out yet, so that no two clocks bunch."""
        state = self._s
        if state.is_following:
            return
        if not self._has_ticks:
            state.timeline.ns_per_tick = tick_ns
        elif tick_ns != state.timeline.ns_per_tick:
            state.timeline.change_tempo(state.next_tick, tick_ns)
            self._tell_tempo()

    def _tell_tempo(self) -> None:
        line = self._s.timeline
        change = TempoChange(line.anchor_ns, line.anchor_tick, line.ns_per_tick)
        self._s.outbox.push(RANK_TRANSPORT, change)

    # Following a foreign clock.

    def _follow(self, is_on: bool) -> None:
        self._s.is_following = is_on
        self._s.limit_tick = None
        if not is_on:
            self._s.armed = False
            self._resume_held()

    def _resume_held(self) -> None:
        """Lead on from where the lost clock left us, not from where it would be by now."""
        state = self._s
        line = state.timeline
        if state.is_playing and line.time_of(state.next_tick) < state.horizon_ns:
            state.timeline = Timeline(state.horizon_ns, state.next_tick, line.ns_per_tick)

    def _arm(self, position: int, is_continue: bool) -> None:
        state = self._s
        if state.is_playing:  # a second Start begins anew
            state.is_playing = False
            self._out += state.outbox.clear(state.horizon_ns)
        state.armed, state.position, state.limit_tick = True, position, None
        if self._sends_transport:
            self._out.append(Event(state.horizon_ns, CONTINUE if is_continue else START))

    def _hear_clock(self, tick: int, at_ns: int, tick_ns: float) -> None:
        state = self._s
        if not state.is_following:
            return
        state.timeline.ns_per_tick = tick_ns
        if state.armed:
            state.armed = False
            self._begin(tick, max(at_ns, state.horizon_ns))
        elif state.is_playing:
            state.timeline = Timeline(at_ns, tick, tick_ns)
            if tick - state.next_tick >= STEP_TICKS:
                state.next_tick = tick  # what was missed for so long is not made up for
            if tick % PPQN == 0:
                self._tell_tempo()
        elif self.settings.thru:
            state.outbox.push(RANK_CLOCK, Event(max(at_ns, state.horizon_ns), CLOCK))
        state.limit_tick = tick + BRIDGE_TICKS if state.is_playing else None

    def _lose_clock(self) -> None:
        """The foreign clock stayed away for longer than can be bridged: hold, or stop."""
        state = self._s
        if self.settings.hold:
            self._out += state.outbox.clear(state.horizon_ns)
        else:
            self._stop()
