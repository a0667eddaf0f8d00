"""The sequencer: pattern and transport in, time-stamped messages out. Pure, and exact on a virtual
clock.

`advance(until)` returns every message that is due up to `until`, in order. It processes ticks a
little early, so that notes may come before their grid point. Messages that were given out for the
near future can be taken back with `rewind`, so that no command waits behind them.

This module holds the public class: commands, history, and the run along the ticks. `leading`,
`following` and `moves` apply commands to the state; `notes` decides what a step plays.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

from drumatlas.beat.pattern import Pattern, Step
from drumatlas.beat.steps import STEPS
from drumatlas.play import following, leading, step_player
from drumatlas.play import transport_actions as actions
from drumatlas.play.chance import Chance
from drumatlas.play.events import CONTINUE, LAST_POSITION, START, Output
from drumatlas.play.feel import Feel
from drumatlas.play.settings import SWAPS, PlaySettings
from drumatlas.play.state import State
from drumatlas.play.timeline import MAX_TEMPO, MIN_TEMPO, STEP_TICKS, Timeline, ns_per_tick

_HISTORY = 64  # states kept for `rewind`: a third of a second at 200 calls a second

_Action = Callable[[State], Sequence[Output] | None]  # returns messages due at the horizon
_Command = tuple[_Action, bool]  # the action, and whether it is urgent


class Sequencer:
    """One player. Other threads call the methods of the first part: each only appends a command to
    a queue, which `advance` processes at its next call."""

    def __init__(self, settings: PlaySettings, pattern: Pattern, now_ns: int) -> None:
        self.settings = settings.check()
        self.can_rewind = False  # whether states are remembered for `rewind`
        self.lookahead_ns = 0  # how far ahead of the present its caller lets it run
        self.on_step: Callable[[int, Pattern, Step], None] | None = None  # for recorders
        self.on_urgent: Callable[[], None] = lambda: None  # called when `is_urgent` turns true
        self._commands: deque[_Command] = deque()
        # Kept, like the seed: making its table takes milliseconds, too long while playing.
        self._chance = Chance(settings.seed)
        self._notes = step_player.StepPlayer(settings, self._chance)
        self._out: list[Output] = []
        line = Timeline(now_ns, 0, ns_per_tick(settings.bpm))
        self._s = State(now_ns, line, pattern)
        # States at the ends of past calls, each with the commands that its call began with.
        self._history: deque[tuple[State, list[_Command]]] = deque(maxlen=_HISTORY)

    def _ask(self, action: _Action, is_urgent: bool = True) -> None:
        self._commands.append((action, is_urgent))
        if is_urgent:
            self.on_urgent()

    def start(self) -> None:
        """Play from the top; nothing if it already plays."""
        self._ask(lambda state: leading.start(state, self.settings, START, 0))

    def resume(self) -> None:
        """Continue from where it was stopped or located; nothing if it plays already."""
        self._ask(self._resume)

    def stop(self) -> None:
        """End all notes and send Stop; nothing if already stopped."""
        self._ask(lambda state: actions.stop(state, self.settings))

    def toggle(self) -> None:
        """Stop if playing; else start from the top, or resume if `settings.resume` is set."""
        self._ask(self._toggle)

    def locate(self, step: int) -> None:
        """Go to 16th `step`, counted from the song's beginning (0..16383, as in Song Position;
        clipped). While playing, the player stops for it and continues there."""
        step = min(max(step, 0), LAST_POSITION)
        self._ask(lambda state: leading.locate(state, self.settings, step))

    def set_pattern(self, pattern: Pattern) -> None:
        """Play `pattern` from the next grid point on; a newer one replaces it."""
        state = self._s  # urgent if the last grid point is still ahead, but was given out already
        is_urgent = state.is_playing and state.boundary_ns > state.horizon_ns - self.lookahead_ns
        self._ask(lambda state: step_player.set_pattern(state, pattern), is_urgent)

    def play_fill(self, pattern: Pattern) -> None:
        """Play `pattern` from the next step to the end of the bar."""
        self._ask(lambda state: step_player.set_fill(state, pattern))

    def set_tempo(self, bpm: float) -> None:
        """Set the tempo (clipped to 20..300 BPM) from the next tick on, keeping the phase. A player
        that follows a foreign clock keeps the clock's tempo."""
        tick_ns = ns_per_tick(min(max(bpm, MIN_TEMPO), MAX_TEMPO))
        self._ask(lambda state: leading.set_tempo(state, self.settings, tick_ns))

    def set_feel(self, feel: Feel) -> None:
        """Apply swing and humanize from the next step on."""
        self._ask(lambda state: step_player.set_feel(state, feel))

    def change_settings(self, settings: PlaySettings) -> None:
        """Play on with other settings, except that tempo, seed and muted voices stay as they are.
        Sounding notes end first: their notes and channels may no longer be in use. ConfigError if
        the settings make no sense."""
        settings = replace(settings, seed=self.settings.seed).check()
        self._ask(lambda state: self._change_settings(state, settings.muted_as(self.settings)))

    def mute(self, voice: int, is_on: bool) -> None:
        """Silence a voice (its bit 0..13) from now on, or let it play again."""
        self._ask(lambda state: self._change_settings(state, self.settings.muting(voice, is_on)))

    def panic(self) -> None:
        """End every note, our own and others', on all channels in use."""
        self._ask(lambda state: actions.silence(state, self.settings))

    def follow(self, is_on: bool) -> None:
        """Let a foreign clock drive the timeline, or lead again from the same position."""
        self._ask(lambda state: following.follow(state, self.settings, is_on))

    def arm(self, position: int, is_continue: bool = False) -> None:
        """Play, while following, from the next foreign clock on, which is tick `position`."""
        self._ask(lambda state: following.arm(state, self.settings, position, is_continue))

    def hear_clock(self, clock: following.HeardClock) -> None:
        """Move the timeline, while following, through a foreign clock."""
        self._ask(
            lambda state: following.hear_clock(state, self.settings, clock),
            not self._s.is_playing,
        )

    @property
    def is_playing(self) -> bool:
        """Whether it plays at the horizon."""
        return self._s.is_playing

    @property
    def is_following(self) -> bool:
        """Whether a foreign clock drives the timeline."""
        return self._s.is_following

    @property
    def pattern(self) -> Pattern:
        """The pattern that sounds."""
        return self._s.pattern

    @property
    def bpm(self) -> float:
        """The tempo in force, BPM."""
        return ns_per_tick(1.0) / self._s.timeline.ns_per_tick

    @property
    def horizon_ns(self) -> int:
        """The time (monotonic ns) up to which everything has been given out."""
        return self._s.horizon_ns

    def position_at(self, now_ns: int) -> int:
        """Return the step (0..31) that sounds at `now_ns`, for displays."""
        return max(int(self._s.timeline.tick_at(now_ns)) // STEP_TICKS, 0) % STEPS

    def tick_at(self, now_ns: int) -> float:
        """Return the position at `now_ns` in ticks (24 a beat); while stopped, the position of the
        stop."""
        state = self._s
        return state.timeline.tick_at(now_ns) if state.is_playing else float(state.position)

    def swaps_by(self, until_ns: int) -> bool:
        """Return whether `advance(until_ns)` reaches a point where a new pattern may come in."""
        state = self._s
        if not state.is_playing:
            return True
        every = STEP_TICKS * SWAPS[self.settings.swap]
        boundary = -(-state.next_tick // every) * every  # the next one, this tick included
        return state.timeline.time_of(boundary) <= until_ns + self.settings.early_ns

    # Called by the performer.

    @property
    def is_urgent(self) -> bool:
        """Whether a command waits that should not wait behind messages already given out."""
        return any(is_urgent for _, is_urgent in tuple(self._commands))

    def advance(self, until_ns: int, takes_urgent: bool = True) -> list[Output]:
        """Return every message due after the last call and up to `until_ns` (monotonic), in order
        of time.

        Commands take effect where the last call ended. A caller that comes late gets everything
        that was due meanwhile, unless it called `skip_to` before. Without `takes_urgent`, commands
        from the first urgent one on are left for the next call, which should rewind first.
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
        """Return the time (monotonic ns) from which `rewind(to_ns)` would take messages back."""
        return self._s.horizon_ns if self._remembered(to_ns) is None else to_ns

    def _remembered(self, to_ns: int) -> State | None:
        """Return the last state that is not later than `to_ns`; None if there is nothing to take
        back."""
        if to_ns >= self._s.horizon_ns:
            return None
        states = (state for state, _ in reversed(self._history))
        return next((state for state in states if state.horizon_ns <= to_ns), None)

    def rewind(self, to_ns: int) -> int:
        """Take back everything given out for after `to_ns`. Return the time from which it was taken
        back: later than `to_ns` if the history does not reach back that far. The caller must first
        withdraw the messages after that time from its ports."""
        back = self._remembered(to_ns)
        if back is None:
            return self._s.horizon_ns
        again: list[_Command] = []
        while self._history[-1][0] is not back:
            again = self._history.pop()[1] + again
        self._commands.extendleft(reversed(again))  # later commands still apply
        self._s = back.copy()
        self._out = []
        self._run(to_ns)  # the same messages as before, already given out
        self._out = []
        return to_ns

    def skip_to(self, now_ns: int) -> None:
        """Skip the time from the last call to `now_ns`. While leading, the music is delayed by that
        much and keeps its position: a burst of clocks would throw off followers that count them.
        While following, the missed part is skipped."""
        state = self._s
        gap_ns = now_ns - state.horizon_ns
        if gap_ns <= 0:
            return
        state.horizon_ns = now_ns
        if state.is_following and state.is_playing:
            state.outbox.skip_to(now_ns)
            state.next_tick = max(ceil(state.timeline.tick_at(now_ns)), state.next_tick)
        else:
            state.timeline = state.timeline.delayed(gap_ns)
            state.first_ns += gap_ns
            state.clock_ns += gap_ns
            state.outbox.shift(gap_ns)
            actions.tell_shift(state)
        self._history.clear()

    def _run(self, until_ns: int) -> None:
        state, early_ns = self._s, self.settings.early_ns
        while actions.has_ticks(state, self.settings) and not following.is_at_limit(state):
            at_ns = max(state.timeline.time_of(state.next_tick), state.horizon_ns)
            if at_ns > until_ns + early_ns:
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
        if is_step and not state.has_sent_start and actions.sends_transport(state, self.settings):
            leading.join_in(state, tick, at_ns)
        actions.send_clock(state, self.settings, at_ns)
        if not is_step:
            return
        pattern, hits = self._notes.take_step(state, step := tick // STEP_TICKS, at_ns)
        if self.on_step:
            self.on_step(step, pattern, hits)
        self._notes.push(state, step, at_ns, hits, pattern.touch)

    def _change_settings(self, state: State, settings: PlaySettings) -> list[Output]:
        out = state.outbox.silence(state.horizon_ns)
        self.settings, self._notes = settings, step_player.StepPlayer(settings, self._chance)
        self._history.clear()  # earlier messages can't be made again
        line = state.timeline
        if actions.has_ticks(state, settings) and line.time_of(state.next_tick) < state.horizon_ns:
            line = Timeline(state.horizon_ns, state.next_tick, line.ns_per_tick)
        state.timeline = line  # idle clocks that begin now do not catch up on earlier ones
        return out

    def _toggle(self, state: State) -> list[Output]:
        if state.is_playing:
            return actions.stop(state, self.settings)
        if self.settings.resume and state.position:  # at the top, send Start instead
            return self._resume(state)
        return leading.start(state, self.settings, START, 0)

    def _resume(self, state: State) -> list[Output]:
        return leading.start(state, self.settings, CONTINUE, state.position)
