"""The sequencer: pattern and transport in, time-stamped messages out. Pure; exact under a
virtual clock.

`advance(until)` gives every message due up to `until`, in order. Ticks are looked at a little
earlier than they are due, so that notes may come before their grid point. What was given out
for the near future can be taken back with `rewind`, so that a command does not have to wait
behind it.

This is the outside: commands, history, and the run along the ticks. What a command does to the
state is in `leading`, `following` and `moves`; what a step plays is in `notes`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

from drumatlas.beat.pattern import Pattern, Step
from drumatlas.beat.steps import STEPS
from drumatlas.play import following, leading, moves, notes
from drumatlas.play.chance import Chance
from drumatlas.play.events import CONTINUE, LAST_POSITION, START, Output
from drumatlas.play.feel import Feel
from drumatlas.play.settings import SWAPS, PlaySettings
from drumatlas.play.state import State
from drumatlas.play.transport import MAX_TEMPO, MIN_TEMPO, STEP_TICKS, Timeline, ns_per_tick

_HISTORY = 64  # states kept for `rewind`; at 200 calls a second a third of a second

_Action = Callable[[State], Sequence[Output] | None]  # gives what is due at the horizon
_Command = tuple[_Action, bool]  # what to do, and whether it is urgent


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
        # Kept, as is the seed: its table takes milliseconds, which nobody has while it plays.
        self._chance = Chance(settings.seed)
        self._notes = notes.Notes(settings, self._chance)
        self._out: list[Output] = []
        line = Timeline(now_ns, 0, ns_per_tick(settings.bpm))
        self._s = State(now_ns, line, pattern)
        # States at the ends of past calls, each with the commands that were run at its beginning.
        self._history: deque[tuple[State, list[_Command]]] = deque(maxlen=_HISTORY)

    def _ask(self, action: _Action, is_urgent: bool = True) -> None:
        self._commands.append((action, is_urgent))
        if is_urgent:
            self.on_urgent()

    def start(self) -> None:
        """Play from the top; nothing if it plays already."""
        self._ask(lambda state: leading.start(state, self.settings, START, 0))

    def resume(self) -> None:
        """Continue from where it was stopped or located; nothing if it plays already."""
        self._ask(self._resume)

    def stop(self) -> None:
        """End all notes and send Stop; nothing if it is stopped."""
        self._ask(lambda state: moves.stop(state, self.settings))

    def toggle(self) -> None:
        """Stop if playing; else start, or resume where it was stopped if the settings say so."""
        self._ask(self._toggle)

    def locate(self, step: int) -> None:
        """Go to a 16th, counted from the song's beginning (0..16383, as Song Position counts);
        a player that plays stops for it and continues there."""
        step = min(max(step, 0), LAST_POSITION)
        self._ask(lambda state: leading.locate(state, self.settings, step))

    def set_pattern(self, pattern: Pattern) -> None:
        """Play `pattern` from the next grid point on; the newest wins."""
        # Where it could have come in at a point that was given out already but is still to come.
        state = self._s
        is_urgent = state.is_playing and state.boundary_ns > state.horizon_ns - self.lookahead_ns
        self._ask(lambda state: notes.set_pattern(state, pattern), is_urgent)

    def play_fill(self, pattern: Pattern) -> None:
        """Play `pattern` from the next step to the end of the bar."""
        self._ask(lambda state: notes.set_fill(state, pattern))

    def set_tempo(self, bpm: float) -> None:
        """New tempo (clipped to 20..300 BPM) from the next tick on; the phase is kept. A player
        that follows a foreign clock takes the clock's."""
        tick_ns = ns_per_tick(min(max(bpm, MIN_TEMPO), MAX_TEMPO))
        self._ask(lambda state: leading.set_tempo(state, self.settings, tick_ns))

    def set_feel(self, feel: Feel) -> None:
        """Swing and humanize, from the next step on."""
        self._ask(lambda state: notes.set_feel(state, feel))

    def change_settings(self, settings: PlaySettings) -> None:
        """Play on under other settings, but for tempo and seed, and voices are muted as they are.
        What sounds is ended first: its notes and channels may be no longer in use."""
        settings = replace(settings, seed=self.settings.seed).check()
        self._ask(lambda state: self._change_settings(state, settings.muted_as(self.settings)))

    def mute(self, voice: int, is_on: bool) -> None:
        """Let a voice (its bit) be silent from now on, or play again."""
        self._ask(lambda state: self._change_settings(state, self.settings.muting(voice, is_on)))

    def panic(self) -> None:
        """End every note, ours and others', on all channels in use."""
        self._ask(lambda state: moves.silence(state, self.settings))

    def follow(self, is_on: bool) -> None:
        """Let a foreign clock move the timeline, or lead again, from the same position on."""
        self._ask(lambda state: following.follow(state, self.settings, is_on))

    def arm(self, position: int, is_continue: bool = False) -> None:
        """Following: the next foreign clock is tick `position`, and plays."""
        self._ask(lambda state: following.arm(state, self.settings, position, is_continue))

    def hear_clock(self, clock: following.Heard) -> None:
        """Following: move the timeline."""
        self._ask(
            lambda state: following.hear_clock(state, self.settings, clock),
            not self._s.is_playing,
        )

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
            self._out += done[-1][0](self._s) or ()
        if self.can_rewind:
            self._history.append((self._s.copy(), done))
        self._run(until_ns)
        return self._out

    def rewindable(self, to_ns: int) -> int:
        """From when on `rewind(to_ns)` would take back, without doing it."""
        return self._s.horizon_ns if self._remembered(to_ns) is None else to_ns

    def _remembered(self, to_ns: int) -> State | None:
        """The last state kept that is not behind `to_ns`, if there is something to take back."""
        if to_ns >= self._s.horizon_ns:
            return None
        states = (state for state, _ in reversed(self._history))
        return next((state for state in states if state.horizon_ns <= to_ns), None)

    def rewind(self, to_ns: int) -> int:
        """Take back what was given out for after `to_ns`; returns from when on it was taken
        back (later than `to_ns` if that is longer ago than is remembered). The caller must have
        taken the messages after that time from its ports."""
        back = self._remembered(to_ns)
        if back is None:
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
        state.horizon_ns = now_ns
        if state.is_following and state.is_playing:
            state.outbox.skip_to(now_ns)
            state.next_tick = max(ceil(state.timeline.tick_at(now_ns)), state.next_tick)
        else:
            state.timeline.anchor_ns += gap_ns
            state.first_ns += gap_ns
            state.clock_ns += gap_ns
            state.outbox.shift(gap_ns)
            moves.tell_shift(state)
        self._history.clear()

    def _run(self, until_ns: int) -> None:
        state = self._s
        while moves.has_ticks(state, self.settings) and not following.is_at_limit(state):
            at_ns = max(state.timeline.time_of(state.next_tick), state.horizon_ns)
            if at_ns > until_ns + self.settings.early_ns:
                break
            self._tick(state.next_tick, at_ns)
            state.next_tick += 1
        lost_ns = state.timeline.time_of(state.next_tick)
        if following.is_at_limit(state) and lost_ns <= until_ns:
            self._give(lost_ns)
            self._out += following.lose_clock(state, self.settings)
        self._give(until_ns)

    def _give(self, until_ns: int) -> None:
        state = self._s
        gate_ns = round(state.timeline.ns_per_tick * STEP_TICKS * self.settings.gate)
        self._out += state.outbox.give(until_ns, gate_ns)
        state.horizon_ns = max(until_ns, state.horizon_ns)

    def _tick(self, tick: int, at_ns: int) -> None:
        state = self._s
        is_step = state.is_playing and tick % STEP_TICKS == 0
        if is_step and not state.is_told and moves.sends_transport(state, self.settings):
            leading.join_in(state, tick, at_ns)
        moves.send_clock(state, self.settings, at_ns)
        if not is_step:
            return
        step = tick // STEP_TICKS
        pattern, hits = self._notes.take_step(state, step, at_ns)
        if self.on_step:
            self.on_step(step, pattern, hits)
        self._notes.push(state, step, at_ns, hits, pattern.touch)

    def _change_settings(self, state: State, settings: PlaySettings) -> list[Output]:
        out = state.outbox.silence(state.horizon_ns)
        self.settings, self._notes = settings, notes.Notes(settings, self._chance)
        self._history.clear()  # what was given out can't be made again
        line = state.timeline
        if moves.has_ticks(state, settings) and line.time_of(state.next_tick) < state.horizon_ns:
            # Clocks that begin now, while stopped, make up for no earlier ones.
            state.timeline = Timeline(state.horizon_ns, state.next_tick, line.ns_per_tick)
        return out

    def _toggle(self, state: State) -> list[Output]:
        if state.is_playing:
            return moves.stop(state, self.settings)
        if self.settings.resume and state.position:  # at the top receivers get a Start
            return self._resume(state)
        return leading.start(state, self.settings, START, 0)

    def _resume(self, state: State) -> list[Output]:
        return leading.start(state, self.settings, CONTINUE, state.position)
