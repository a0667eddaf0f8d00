"""The interfaces of the MIDI ports that the box plays to and listens to."""

from collections.abc import Sequence
from typing import Protocol

from drumatlas.play.events import Output


class OutputPort(Protocol):
    """Takes messages some time before they are due and delivers each at its time."""

    @property
    def name(self) -> str:
        """Name of the port, for displays and messages."""

    @property
    def delivery(self) -> str:
        """How messages are timed, in words, for a display."""

    @property
    def guard_ns(self) -> int:
        """Time in ns before a message is due, after which it can no longer be withdrawn."""

    @property
    def fault(self) -> str:
        """The present fault of the port in plain words; '' if there is none."""

    def send(self, outputs: Sequence[Output]) -> None:
        """Take messages in order of time. Never blocks for long and never raises; a failure is
        shown in `fault`."""

    def withdraw(self, after_ns: int) -> None:
        """Withdraw all messages that are due after `after_ns` (monotonic ns)."""

    def close(self) -> None:
        """Deliver the messages that were taken, then release the port."""


class InputPort(Protocol):
    """Calls a function with each message that arrives, in a thread of its own."""

    @property
    def name(self) -> str:
        """Name of the port, for displays and messages."""

    @property
    def fault(self) -> str:
        """The present fault of the port in plain words; '' if there is none."""

    def close(self) -> None:
        """Release the port."""
