"""The MIDI ports that the box plays to and listens to, as the performer sees them."""

from collections.abc import Sequence
from typing import Protocol

from drumatlas.play.events import Output


class OutputPort(Protocol):
    """Takes messages some time before they are due and delivers each at its time."""

    @property
    def name(self) -> str:
        """As shown to people."""

    @property
    def delivery(self) -> str:
        """How messages get their time, in words."""

    @property
    def guard_ns(self) -> int:
        """How long before it is due a message can't be taken back any more, ns."""

    @property
    def fault(self) -> str:
        """What is wrong with the port in plain words, or ''."""

    def send(self, outputs: Sequence[Output]) -> None:
        """Take messages in order of time. Never blocks for long and never raises: a port that
        fails says so in `fault`."""

    def withdraw(self, after_ns: int) -> None:
        """Take back all messages that are due after `after_ns`."""

    def close(self) -> None:
        """Deliver what was taken, then release the port."""


class InputPort(Protocol):
    """Passes messages, from a thread of its own, to the function that it was made with."""

    @property
    def name(self) -> str:
        """As shown to people."""

    @property
    def fault(self) -> str:
        """What is wrong with the port in plain words, or ''."""

    def close(self) -> None:
        """Release the port."""
