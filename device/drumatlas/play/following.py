"""Letting a foreign clock make the time: what the sequencer does with what `Follower` counts. Pure.

As in `moves`: the state is changed at its horizon, and what is due right there is given back.
"""

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

BRIDGE_TICKS = PPQN  # how long the beat goes on when a foreign clock drops out


def follow(state: State, settings: PlaySettings, is_on: bool) -> list[Output]:
    """Let a foreign clock move the timeline, or lead on from the same position. Outputs that
    it is not passed on to are stopped; they join in again (`leading.join_in`)."""
    if is_on == state.is_following:
        return []
    state.is_following, state.limit_tick = is_on, None
    if not is_on:
        state.armed = False
        _resume_held(state, settings)
        return [] if state.is_playing else tell_stop(state)
    if settings.thru:
        return []
    forget_start(state)
    state.outbox.due = sorted(d for d in state.outbox.due if d[1] != RANK_CLOCK)
    return tell_stop(state)


def _resume_held(state: State, settings: PlaySettings) -> None:
    """Lead on from where the lost clock left us, not from where it would be by now; and make up
    for no idle clocks that were not sent meanwhile."""
    line = state.timeline
    if has_ticks(state, settings) and line.time_of(state.next_tick) < state.horizon_ns:
        state.timeline = Timeline(state.horizon_ns, state.next_tick, line.ns_per_tick)


def arm(state: State, settings: PlaySettings, position: int, is_continue: bool) -> list[Output]:
    """The next foreign clock is tick `position`, and plays. Nothing for who leads."""
    if not state.is_following:
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


def hear_clock(state: State, settings: PlaySettings, tick: int, at_ns: int, tick_ns: float) -> None:
    """`tick` is (as filtered) at `at_ns`, and the ticks lie `tick_ns` apart. Nothing for who
    leads."""
    if not state.is_following:
        return
    state.timeline.ns_per_tick = tick_ns
    if state.armed:
        state.armed = False
        begin(state, tick, max(at_ns, state.horizon_ns))
    elif state.is_playing:
        state.timeline = Timeline(at_ns, tick, tick_ns)
        if tick - state.next_tick >= STEP_TICKS:
            state.next_tick = tick  # what was missed for so long is not made up for
        if tick % PPQN == 0:
            tell_tempo(state)
    elif settings.thru:
        state.outbox.push(RANK_CLOCK, Event(max(at_ns, state.horizon_ns), CLOCK))
    state.limit_tick = tick + BRIDGE_TICKS if state.is_playing else None


def lose_clock(state: State, settings: PlaySettings) -> list[Output]:
    """The foreign clock stayed away for longer than can be bridged: hold, or stop."""
    if settings.hold:
        return clear(state)
    return stop(state, settings)
