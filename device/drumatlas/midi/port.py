"""What the performer needs of a MIDI output. Adapters: rtmidi, takes (files), nowhere."""

from collections.abc import Sequence
from typing import Protocol

from drumatlas.play.events import Output


class OutputPort(Protocol):
    """Takes messages some time before they are due and delivers each at its time."""

    name: str

    def send(self, outputs: Sequence[Output]) -> None:
        """Take messages in order of time. Never blocks and never raises: a port that fails
        says so in `fault`."""

    def close(self) -> None:
        """Deliver what was taken, then let go of the port."""

    @property
    def fault(self) -> str:
        """What is wrong with the port in plain words, or ''."""


class NullPort:
    """Nowhere: for a box without a synth, and for tests that only look at what was sent."""

    name = "none"
    fault = ""

    def __init__(self) -> None:
        self.sent: list[Output] = []
        self.keeps = False

    @classmethod
    def recording(cls) -> "NullPort":
        """One that keeps all it takes in `sent`."""
        port = cls()
        port.keeps = True
        return port

    def send(self, outputs: Sequence[Output]) -> None:
        """Take and forget, or keep."""
        if self.keeps:
            self.sent.extend(outputs)

    def close(self) -> None:
        """Nothing to let go of."""
