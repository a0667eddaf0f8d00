"""`drumatlas play`: runs the engine in real time, until a signal, a key or `--seconds` ends it."""

import gc
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Protocol

from drumatlas.engine import TICK_NS, Engine
from drumatlas.play.clock_follower import Follower
from drumatlas.play.events import is_system
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.own_clock import OwnClock
from drumatlas.play.performer import Performer, Pulse
from drumatlas.play.port import OutputPort
from drumatlas.realtime import (
    SLOW_PRIORITY,
    give_memory_back,
    lock_memory,
    request_realtime,
)
from drumatlas.signals import Quit, has_terminal, quitting

_DRAW_EVERY = 4  # ticks of the slow loop: 25 frames a second
# The slow loop rests for a quarter of its working time, however late it is: the kernel stops
# real-time threads that use more than 95 % of a second for the rest of it, including the performer.
_REST = 4


class Screen(Protocol):
    """Shows the engine at work. It may also be the panel that asks to quit."""

    wants_to_quit: bool

    def draw(self, engine: Engine, now_ns: int) -> None:
        """Show the present state at `now_ns` (monotonic); called 25 times a second."""

    def close(self) -> None:
        """Release the terminal."""


class Part(Protocol):
    """A part that runs with the slow loop, such as the one that saves the state."""

    def tick(self, now_ns: int) -> None:
        """Do the work due at `now_ns` (monotonic), without blocking; called about 100 times a
        second."""

    def close(self) -> None:
        """Finish; called once, after the music has ended."""


class _NoScreen:
    """Stands in for a screen where there is none."""

    wants_to_quit = False

    def draw(self, engine: Engine, now_ns: int) -> None:
        """Draw nothing."""

    def close(self) -> None:
        """Release nothing."""


class Listener:
    """Distributes incoming MIDI, in the input's thread: clock and transport go to the follower,
    channel messages to `others`."""

    def __init__(
        self, follower: Follower, others: Callable[[bytes, int], None] = lambda _m, _at: None
    ) -> None:
        self._follower = follower
        self._others = others
        self._lock = threading.Lock()

    @property
    def is_locked(self) -> bool:
        """Whether a leader's clock arrives and its tempo is known."""
        return self._follower.is_locked

    @property
    def own(self) -> OwnClock:
        """The record of our own clock, which may come back."""
        return self._follower.own

    def take(self, message: bytes, at_ns: int) -> None:
        """Take one message that arrived at `at_ns` (monotonic), in the input's thread. Never
        raises; invalid messages are ignored."""
        if message and not is_system(message):
            self._others(message, at_ns)
            return
        with self._lock:
            self._follower.feed(message, at_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass for the follower, even if no clock arrives. Called by the slow loop."""
        with self._lock:
            self._follower.tick(now_ns)


def run(  # noqa: PLR0913 - the parts of a running box, by name
    engine: Engine,
    port: OutputPort,
    *,
    listener: Listener | None = None,
    screen: Screen | None = None,
    seconds: float | None = None,
    autoplay: bool = True,
    parts: Sequence[Part] = (),
    reload: Callable[[], None] = lambda: None,
    pulse: Pulse | None = None,
) -> None:
    """Play until asked to end; then send note-offs and Stop, and close the port.

    `seconds` counts from Start. A fault in here ends the same clean way before it is raised. SIGHUP
    calls `reload`, unless it means that the terminal was closed. The performing thread marks each
    of its rounds in `pulse`.
    """
    performer = Performer(engine.sequencer, port, request_realtime, pulse)
    had_terminal = has_terminal()
    with quitting(reloads=True) as quit_, ExitStack() as ending:
        # Last in, first out; each one runs even if an earlier one fails.
        for part in reversed(parts):
            ending.callback(part.close)
        ending.callback(port.close)
        ending.callback(performer.close)
        if screen:
            ending.callback(screen.close)
        gc.collect()
        give_memory_back()
        lock_memory()
        gc.freeze()  # objects alive now stay alive: the collector can skip them
        engine.publish()  # a restarted box begins with the beat that it ended with
        if autoplay:
            engine.sequencer.start()
        performer.start()
        request_realtime(SLOW_PRIORITY)
        end_ns = _end(seconds)
        tick = listener.tick if listener else lambda _: None
        show = screen or _NoScreen()
        ticking = list(parts)

        def is_over(now_ns: int) -> bool:
            tick(now_ns)
            _tick_parts(engine, ticking, now_ns)
            _answer_hangup(engine, quit_, had_terminal, reload)
            is_asked = quit_.is_set or show.wants_to_quit or performer.error is not None
            return is_asked or now_ns >= end_ns

        _loop(engine, show, is_over)
        if performer.error:
            raise performer.error


def _tick_parts(engine: Engine, parts: list[Part], now_ns: int) -> None:
    """Tick each part. One that fails is shown as a fault and left out from then on."""
    for part in list(parts):
        name = type(part).__name__
        step = partial(part.tick, now_ns)
        if not engine.attempt(f"part {name}", step, f"{name} stopped", clears=False):
            parts.remove(part)


def _answer_hangup(
    engine: Engine, quit_: Quit, had_terminal: bool, reload: Callable[[], None]
) -> None:
    if quit_.is_hung_up:
        quit_.is_hung_up = False
        quit_.is_set |= had_terminal and not has_terminal()
        if not quit_.is_set:
            engine.attempt("reload", reload)


def _end(seconds: float | None) -> float:
    if seconds is None:
        return float("inf")
    return time.monotonic_ns() + START_LEAD_NS + seconds * 1e9


def _loop(engine: Engine, screen: Screen, is_over: Callable[[int], bool]) -> None:
    wake_ns = now_ns = time.monotonic_ns()
    count = 0
    while not is_over(now_ns):
        engine.tick(now_ns)
        if count % _DRAW_EVERY == 0:
            engine.attempt("screen", partial(screen.draw, engine, now_ns))
        count += 1
        done_ns = time.monotonic_ns()
        wake_ns = max(wake_ns + TICK_NS, done_ns + (done_ns - now_ns) // _REST)
        time.sleep((wake_ns - done_ns) / 1e9)
        now_ns = time.monotonic_ns()
