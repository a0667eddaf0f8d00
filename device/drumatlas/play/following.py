"""How a foreign clock drives the sequencer: applies the ticks that `Follower` counts. Pure.

As in `moves`, each function changes the state at its horizon and returns the messages that are due
right there.
"""

from dataclasses import dataclass

from drumatlas.play.clock_count import BRIDGE_TICKS
from drumatlas.play.events import CLOCK, CONTINUE, RANK_CLOCK, START, Event, Output
from drumatlas.play.settings import PlaySettings
from drumatlas.play.state import State
from drumatlas.play.timeline import PPQN, STEP_TICKS, Timeline
from drumatlas.play.transport_actions import (
    begin,
    clear,
    forget_start,
    has_ticks,
    sends_transport,
    stop,
    tell_stop,
    tell_tempo,
)


def follow(state: State, settings: PlaySettings, is_on: bool) -> list[Output]:
    """Let a foreign clock drive the timeline, or lead on from the same position.

    Outputs that the clock is not passed on to are stopped; they join in again later
    (`leading.join_in`).
    """
    if is_on == state.is_following:
        return []
    state.is_following, state.limit_tick, state.shift = is_on, None, 0
    if not is_on:
        state.armed = False
        _resume_held(state, settings)
        return [] if state.is_playing else tell_stop(state)
    coming = forget_start(state)
    if coming and state.timeline.tick_at(state.horizon_ns) < state.position:
        # A start between two of our clocks happens at the leader's next clock instead.
        return arm(state, settings, state.position, CONTINUE in coming)
    if settings.thru:
        return []
    state.outbox.due = sorted(d for d in state.outbox.due if d[1] != RANK_CLOCK)
    return tell_stop(state)


def _resume_held(state: State, settings: PlaySettings) -> None:
    """Lead on from the position at which the clock was lost, not from where it would be by now, and
    send none of the idle clocks that were due meanwhile."""
    line = state.timeline
    if has_ticks(state, settings) and line.time_of(state.next_tick) < state.horizon_ns:
        state.timeline = Timeline(state.horizon_ns, state.next_tick, line.ns_per_tick)
        if state.is_playing:
            tell_tempo(state)


def arm(state: State, settings: PlaySettings, position: int, is_continue: bool) -> list[Output]:
    """Play from the next foreign clock on, which is tick `position`.

    Nothing happens while leading. Continue changes nothing while playing: the clocks are counted on
    from the present position.
    """
    if not state.is_following:
        return []
    if is_continue and state.is_playing:
        state.realigns = True
        return []
    out: list[Output] = []
    if state.is_playing:  # a second Start begins again
        state.is_playing = False
        out += clear(state)
    state.armed, state.position, state.limit_tick = True, position, None
    if sends_transport(state, settings):
        state.has_sent_start = True
        out.append(Event(state.horizon_ns, CONTINUE if is_continue else START))
    return out


@dataclass(frozen=True, slots=True)
class HeardClock:
    """A foreign clock after counting and filtering: `tick` is at `at_ns` (monotonic ns), and ticks
    are `tick_ns` apart. `is_position`: the tick is the leader's position, not just a count."""

    tick: int
    at_ns: int
    tick_ns: float
    is_position: bool = True


def hear_clock(state: State, settings: PlaySettings, clock: HeardClock) -> None:
    """Lay the timeline through a foreign clock; nothing happens while leading.

    A box that was started by hand joins a leader that plays. If the leader only sends clock, the
    box begins from its own position.
    """
    if not state.is_following:
        return
    state.timeline = state.timeline.with_tempo(clock.tick_ns)
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
    """Return the last tick that may be played before another clock arrives."""
    return state.next_tick if state.limit_tick is None else state.limit_tick


def _move_to(state: State, clock: HeardClock) -> None:
    tick = clock.tick + state.shift
    state.timeline = Timeline(clock.at_ns, tick, clock.tick_ns)
    if tick - state.next_tick >= STEP_TICKS:
        state.next_tick = tick  # after such a long gap nothing is caught up
    if tick % PPQN == 0 or not state.is_timed:
        tell_tempo(state)


def is_at_limit(state: State) -> bool:
    """Return whether a dropout has been bridged as long as allowed: the next tick needs a clock."""
    return state.limit_tick is not None and state.next_tick > state.limit_tick


def lose_clock(state: State, settings: PlaySettings) -> list[Output]:
    """Hold or stop: the foreign clock has been missing for longer than can be bridged."""
    if settings.hold:
        return clear(state)
    return stop(state, settings)
