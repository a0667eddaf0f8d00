"""Ctrl-C, SIGTERM and SIGHUP as a flag that a loop looks at, so that it can end cleanly."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Quit:
    """Set by the first of the signals."""

    def __init__(self) -> None:
        self.is_set = False

    def __call__(self, _signum: int, _frame: FrameType | None) -> None:
        """As a handler of `signal.signal`."""
        self.is_set = True


@contextmanager
def quitting() -> Iterator[Quit]:
    """Within, the signals set the flag and do nothing else. For the main thread."""
    flag = Quit()
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), flag) for name in names}
    try:
        yield flag
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
