"""The box as the leader: Start, Continue, Song Position and tempo. Pure.

As in `moves`, each function changes the state at its horizon and returns the messages that are due
right there.
"""

from drumatlas.play import following
from drumatlas.play.events import CONTINUE, RANK_TRANSPORT, Event, Output, song_position
from drumatlas.play.settings import PlaySettings
from drumatlas.play.state import State
from drumatlas.play.timeline import STEP_TICKS
from drumatlas.play.transport_actions import (
    begin,
    has_ticks,
    send_clock,
    sends_transport,
    stop,
    tell_tempo,
)

# From Start to the first clock: receivers need at least 1 ms, and a JACK port that delivers once
# per 256 samples (5.3 ms) must not put both into one period.
START_LEAD_NS = 10_000_000
_LEAST_LEAD_NS = 1_000_000


def start(state: State, settings: PlaySettings, message: bytes, position: int) -> list[Output]:
    """Send `message` (Start or Continue) and play from tick `position` on; nothing if it already
    plays. A follower waits for the leader's next clock."""
    if state.is_playing:
        return []
    if state.is_following:
        return following.arm(state, settings, position, message == CONTINUE)
    if settings.idle_clock:
        _start_between_clocks(state, settings, message, position)
        return []
    begin(state, position, state.horizon_ns + START_LEAD_NS)
    state.has_sent_start = True
    return [Event(state.horizon_ns, message)]


def _start_between_clocks(
    state: State, settings: PlaySettings, message: bytes, position: int
) -> None:
    """Put Start between two idle clocks, which go on evenly."""
    line = state.timeline
    first_ns = line.time_of(state.next_tick)
    # Halfway at most: the clock before may be closer than a period of this tempo.
    while first_ns - (lead_ns := _lead_to(state, first_ns)) < state.horizon_ns:
        send_clock(state, settings, max(first_ns, state.horizon_ns))
        state.next_tick += 1
        first_ns = line.time_of(state.next_tick)
    state.outbox.push(RANK_TRANSPORT, Event(first_ns - lead_ns, message))
    state.has_sent_start = True
    begin(state, position, first_ns)


def join_in(state: State, tick: int, at_ns: int) -> None:
    """Start the outputs of a run that began without them, under a foreign clock that was not passed
    on.

    `tick` is due at `at_ns` (monotonic ns) and must begin a 16th, since Song Position can name
    nothing finer.
    """
    lead_ns = _lead_to(state, at_ns)
    if lead_ns < _LEAST_LEAD_NS or at_ns - lead_ns < state.horizon_ns:
        return  # no room before this 16th; perhaps before the next
    for message in (song_position(tick // STEP_TICKS), CONTINUE):
        state.outbox.push(RANK_TRANSPORT, Event(at_ns - lead_ns, message))
    state.has_sent_start = True


def _lead_to(state: State, first_ns: int) -> int:
    return min(START_LEAD_NS, (first_ns - state.clock_ns) // 2)


def locate(state: State, settings: PlaySettings, step: int) -> list[Output]:
    """Go to 16th `step` (0..16383) and send Song Position. A box that plays, or waits for a
    leader's clock, stops and continues there."""
    was_playing = state.is_playing or state.armed
    out = stop(state, settings)
    state.position = step * STEP_TICKS
    if sends_transport(state, settings):
        out.append(Event(state.horizon_ns, song_position(step)))
    if was_playing:
        out += start(state, settings, CONTINUE, state.position)
    return out


def set_tempo(state: State, settings: PlaySettings, tick_ns: float) -> None:
    """Make ticks `tick_ns` apart, from the next tick that has not been given out, so that no two
    clocks bunch. A follower keeps the leader's tempo."""
    if state.is_following:
        return
    if not has_ticks(state, settings):
        state.timeline = state.timeline.with_tempo(tick_ns)
    elif tick_ns != state.timeline.ns_per_tick:
        state.timeline = state.timeline.change_tempo(state.next_tick, tick_ns)
        tell_tempo(state)
