"""What leading and following share: clocks, and the beginning and end of a run. Pure.

Each function changes the state at its horizon and returns the messages that are due right there.
Messages that are due later go into the outbox.
"""

from math import ceil

from drumatlas.play.events import (
    CLOCK,
    RANK_CLOCK,
    RANK_TRANSPORT,
    STOP,
    Event,
    Output,
    TempoChange,
    panic,
)
from drumatlas.play.settings import PlaySettings
from drumatlas.play.state import State
from drumatlas.play.step_player import swap_now
from drumatlas.play.timeline import Timeline


def has_ticks(state: State, settings: PlaySettings) -> bool:
    """Return whether ticks go by, with or without music."""
    return state.is_playing or (settings.idle_clock and not state.is_following)


def sends_transport(state: State, settings: PlaySettings) -> bool:
    """Return whether the outputs receive clock and transport from us."""
    return settings.thru or not state.is_following


def send_clock(state: State, settings: PlaySettings, at_ns: int) -> None:
    """Put the clock of one tick, due at `at_ns` (monotonic ns), into the outbox. Outputs that were
    not started with this run get none."""
    state.clock_ns = at_ns
    if state.is_first:
        state.is_first, state.first_ns = False, at_ns
    is_known = state.has_sent_start or not state.is_playing or settings.idle_clock
    if is_known and sends_transport(state, settings):
        state.outbox.push(RANK_CLOCK, Event(at_ns, CLOCK))


def begin(state: State, position: int, first_ns: int) -> None:
    """Play from tick `position` on, which is due at `first_ns` (monotonic ns)."""
    swap_now(state)
    state.timeline = Timeline(first_ns, position, state.timeline.ns_per_tick)
    state.next_tick = state.position = position
    state.is_playing = state.is_first = state.is_timed = True
    state.outbox.push(RANK_TRANSPORT, TempoChange(state.timeline, is_start=True))


def stop(state: State, settings: PlaySettings) -> list[Output]:
    """End all notes, and send Stop to outputs that received Start; nothing if already stopped."""
    state.armed = False
    if not state.is_playing:
        return tell_stop(state)
    state.position = max(ceil(state.timeline.tick_at(state.horizon_ns)), state.position)
    state.is_playing = False
    state.limit_tick = None
    goes_on = has_ticks(state, settings)
    clocks = [d for d in state.outbox.due if d[1] == RANK_CLOCK and goes_on]
    out = clear(state)
    state.outbox.due = sorted(clocks)  # a sorted list is a heap
    state.fill = None
    swap_now(state)
    return out + tell_stop(state)


def clear(state: State) -> list[Output]:
    """End all notes, drop everything that is due, and inform recorders that musical time stops."""
    forget_start(state)
    out = state.outbox.clear(state.horizon_ns)
    if state.is_timed:
        state.is_timed = False
        here = state.timeline.anchored_at(state.horizon_ns)
        out.append(TempoChange(here, is_stop=True))
    return out


def forget_start(state: State) -> list[bytes]:
    """Withdraw a Start or Continue that is still due, with its Song Position; return their
    bytes."""
    due = state.outbox.due
    coming = [d[3].data for d in due if d[1] == RANK_TRANSPORT and isinstance(d[3], Event)]
    if coming:
        kept = (d for d in due if d[1] != RANK_TRANSPORT or isinstance(d[3], TempoChange))
        state.outbox.due, state.has_sent_start = sorted(kept), False
    return coming


def tell_stop(state: State) -> list[Output]:
    """Return Stop, for outputs that received Start."""
    had_sent_start, state.has_sent_start = state.has_sent_start, False
    return [Event(state.horizon_ns, STOP)] if had_sent_start else []


def silence(state: State, settings: PlaySettings) -> list[Output]:
    """End every note, our own and others', on all channels in use."""
    ours = state.outbox.silence(state.horizon_ns)
    return [*ours, *panic(state.horizon_ns, settings.channels)]


def tell_tempo(state: State) -> None:
    """Send recorders the present timeline, from its anchor on."""
    _tell_line(state, state.timeline.anchor_ns)


def tell_shift(state: State) -> None:
    """Send recorders the shifted timeline, from the horizon on. Nothing is sent if the beginning of
    the run, which was shifted with it, is still to come."""
    if state.is_playing and not state.is_first and state.first_ns <= state.horizon_ns:
        _tell_line(state, state.horizon_ns)


def _tell_line(state: State, at_ns: int) -> None:
    is_start = state.is_playing and not state.is_timed  # the run goes on after a lost clock
    state.is_timed |= is_start
    change = TempoChange(state.timeline.anchored_at(at_ns), is_start)
    state.outbox.push(RANK_TRANSPORT, change)
