"""Turns Ctrl-C, SIGTERM and SIGHUP into flags that a loop checks, so that it can end cleanly."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Quit:
    """The flags: `is_set` by the first of the signals, `is_hung_up` by a SIGHUP that does not ask
    to quit."""

    def __init__(self) -> None:
        self.is_set = False
        self.is_hung_up = False

    def __call__(self, _signum: int, _frame: FrameType | None) -> None:
        """Set `is_set`: a handler for `signal.signal`."""
        self.is_set = True

    def hang_up(self, _signum: int, _frame: FrameType | None) -> None:
        """Set `is_hung_up`: the handler of SIGHUP where it means reload."""
        self.is_hung_up = True


@contextmanager
def quitting(*, reloads: bool = False) -> Iterator[Quit]:
    """Let the signals only set the flags, within the context. For the main thread.

    With `reloads`, SIGHUP sets `is_hung_up`; a SIGHUP that was ignored at start (nohup) stays
    ignored. A nested context shares the outer one's flags, so a signal that arrives while the inner
    one is prepared is not lost.
    """
    around = signal.getsignal(signal.SIGINT)
    flag = around if isinstance(around, Quit) else Quit()
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if reloads and "SIGHUP" in names and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        names.remove("SIGHUP")
    before = {}
    for name in names:
        handler = flag.hang_up if reloads and name == "SIGHUP" else flag
        before[name] = signal.signal(getattr(signal, name), handler)
    try:
        yield flag
    finally:
        for name, earlier in before.items():
            signal.signal(getattr(signal, name), earlier)


def has_terminal() -> bool:
    """Return whether this process has a controlling terminal. A terminal that closes sends SIGHUP,
    too, and after that there is none."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True
