"""`drumatlas play`: the engine on real time, until a signal, a key or `--seconds` ends it."""

import gc
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from drumatlas.engine import TICK_NS, Engine
from drumatlas.midi.port import OutputPort
from drumatlas.play.performer import Performer
from drumatlas.play.sequencer import START_LEAD_NS

_DRAW_EVERY = 4  # ticks of the slow loop: 25 frames a second
_SWITCH_S = 0.0005  # how long a thread may keep the interpreter; the default of 5 ms is audible


class Screen(Protocol):
    """Shows the engine at work; may also be the panel that asks to quit."""

    wants_to_quit: bool

    def draw(self, engine: Engine, now_ns: int, port_fault: str) -> None:
        """Show the present state; called 25 times a second."""

    def close(self) -> None:
        """Give the terminal back."""


class _Quit:
    """Set by SIGINT, SIGTERM and SIGHUP; the loops look at it."""

    def __init__(self) -> None:
        self.is_set = False

    def __call__(self, _signum: int, _frame: FrameType | None) -> None:
        self.is_set = True


@contextmanager
def _signals() -> Iterator[_Quit]:
    quit_ = _Quit()
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), quit_) for name in names}
    try:
        yield quit_
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def run(
    engine: Engine,
    port: OutputPort,
    *,
    screen: Screen | None = None,
    seconds: float | None = None,
    autoplay: bool = True,
) -> None:
    """Play until told to stop; then note-offs and Stop go out, and the port is closed.

    `seconds` counts from Start. A fault in here ends the same clean way before it is raised.
    """
    performer = Performer(engine.sequencer, port)
    with _signals() as quit_:
        try:
            gc.collect()
            gc.freeze()  # what is alive now stays: the collector need not look at it again
            sys.setswitchinterval(_SWITCH_S)
            if autoplay:
                engine.sequencer.start()
            performer.start()
            end_ns = _end(seconds)
            _loop(
                engine,
                port,
                screen,
                lambda now: quit_.is_set or now >= end_ns or performer.error is not None,
            )
            if performer.error:
                raise performer.error
        finally:
            if screen:
                screen.close()
            performer.close()
            port.close()


def _end(seconds: float | None) -> float:
    if seconds is None:
        return float("inf")
    return time.monotonic_ns() + START_LEAD_NS + seconds * 1e9


def _loop(
    engine: Engine, port: OutputPort, screen: Screen | None, is_over: Callable[[int], bool]
) -> None:
    wake_ns = now_ns = time.monotonic_ns()
    count = 0
    while not is_over(now_ns):
        engine.tick(now_ns)
        if screen:
            if screen.wants_to_quit:
                return
            if count % _DRAW_EVERY == 0:
                screen.draw(engine, now_ns, port.fault)
        count += 1
        wake_ns = max(wake_ns + TICK_NS, now_ns)
        time.sleep(max(wake_ns - time.monotonic_ns(), 0) / 1e9)
        now_ns = time.monotonic_ns()
