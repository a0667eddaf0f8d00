"""Letting a foreign clock make the time: what the sequencer does with what `Follower` counts. Pure.

As in `moves`: the state is changed at its horizon, and what is due right there is given back.
"""

from dataclasses import dataclass

from drumatlas.play.clock_count import BRIDGE_TICKS
from drumatlas.play.events import CLOCK, CONTINUE, RANK_CLOCK, START, Event, Output
from drumatlas.play.moves import (
    begin,
    clear,
    forget_start,
    has_ticks,
    sends_transport,
    stop,
    tell_stop,
    tell_tempo,
)
from drumatlas.play.settings import PlaySettings
from drumatlas.play.state import State
from drumatlas.play.transport import PPQN, STEP_TICKS, Timeline


def follow(state: State, settings: PlaySettings, is_on: bool) -> list[Output]:
    """Let a foreign clock move the timeline, or lead on from the same position. Outputs that
    it is not passed on to are stopped; they join in again (`leading.join_in`)."""
    if is_on == state.is_following:
        return []
    state.is_following, state.limit_tick, state.shift = is_on, None, 0
    if not is_on:
        state.armed = False
        _resume_held(state, settings)
        return [] if state.is_playing else tell_stop(state)
    coming = forget_start(state)
    if coming and state.timeline.tick_at(state.horizon_ns) < state.position:
        # What was to begin between two of our clocks begins with the leader's next.
        return arm(state, settings, state.position, CONTINUE in coming)
    if settings.thru:
        return []
    state.outbox.due = sorted(d for d in state.outbox.due if d[1] != RANK_CLOCK)
    return tell_stop(state)


def _resume_held(state: State, settings: PlaySettings) -> None:
    """Lead on from where the lost clock left us, not from where it would be by now; and make up
    for no idle clocks that were not sent meanwhile."""
    line = state.timeline
    if has_ticks(state, settings) and line.time_of(state.next_tick) < state.horizon_ns:
        state.timeline = Timeline(state.horizon_ns, state.next_tick, line.ns_per_tick)
        if state.is_playing:
            tell_tempo(state)


def arm(state: State, settings: PlaySettings, position: int, is_continue: bool) -> list[Output]:
    """The next foreign clock is tick `position`, and plays. Nothing for who leads, and Continue
    changes nothing for who plays: the clocks go on counting from where it is."""
    if not state.is_following:
        return []
    if is_continue and state.is_playing:
        state.realigns = True
        return []
    out: list[Output] = []
    if state.is_playing:  # a second Start begins anew
        state.is_playing = False
        out += clear(state)
    state.armed, state.position, state.limit_tick = True, position, None
    if sends_transport(state, settings):
        state.is_told = True
        out.append(Event(state.horizon_ns, CONTINUE if is_continue else START))
    return out


@dataclass(frozen=True, slots=True)
class Heard:
    """A foreign clock as it was counted and filtered: `tick` is at `at_ns`, and ticks lie
    `tick_ns` apart. `is_position`: the tick is the leader's position, not just a count."""

    tick: int
    at_ns: int
    tick_ns: float
    is_position: bool = True


def hear_clock(state: State, settings: PlaySettings, clock: Heard) -> None:
    """Lay the timeline through a foreign clock; nothing for who leads. Who was started by hand
    joins a leader that plays, and begins where it stands if the leader only sends clock."""
    if not state.is_following:
        return
    state.timeline.ns_per_tick = clock.tick_ns
    if state.armed:
        state.armed = False
        state.shift = 0 if clock.is_position else state.position - clock.tick
        begin(state, clock.tick + state.shift, max(clock.at_ns, state.horizon_ns))
    elif state.is_playing:
        if state.realigns:
            here = round(state.timeline.tick_at(clock.at_ns))
            state.shift = min(here, _limit(state)) - clock.tick
        _move_to(state, clock)
    elif settings.thru:
        state.outbox.push(RANK_CLOCK, Event(max(clock.at_ns, state.horizon_ns), CLOCK))
    state.realigns = False
    limit_tick = clock.tick + state.shift + BRIDGE_TICKS
    state.limit_tick = limit_tick if state.is_playing else None


def _limit(state: State) -> int:
    """The last tick that is played before more clock is heard."""
    return state.next_tick if state.limit_tick is None else state.limit_tick


def _move_to(state: State, clock: Heard) -> None:
    tick = clock.tick + state.shift
    state.timeline = Timeline(clock.at_ns, tick, clock.tick_ns)
    if tick - state.next_tick >= STEP_TICKS:
        state.next_tick = tick  # what was missed for so long is not made up for
    if tick % PPQN == 0 or not state.is_timed:
        tell_tempo(state)


def is_at_limit(state: State) -> bool:
    """Whether a dropout has been bridged for as long as may be: the next tick needs a clock."""
    return state.limit_tick is not None and state.next_tick > state.limit_tick


def lose_clock(state: State, settings: PlaySettings) -> list[Output]:
    """The foreign clock stayed away for longer than can be bridged: hold, or stop."""
    if settings.hold:
        return clear(state)
    return stop(state, settings)
