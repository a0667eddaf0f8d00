"""What the performer needs of MIDI ports. Adapters: ALSA, rtmidi, takes (files), nowhere."""

from collections.abc import Sequence
from typing import Protocol

from drumatlas.play.events import Output

_GUARD_NS = 5_000_000  # by the time that its successor is reckoned, it would be late


def guarded_ns(offset_ns: int) -> int:
    """The `guard_ns` of a port that sends `offset_ns` later than messages are due: what one sends
    earlier is out, or about to be, that much sooner."""
    return _GUARD_NS + max(-offset_ns, 0)


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
        """What is due sooner than this can't be taken back."""

    @property
    def fault(self) -> str:
        """What is wrong with the port in plain words, or ''."""

    def send(self, outputs: Sequence[Output]) -> None:
        """Take messages in order of time. Never blocks for long and never raises: a port that
        fails says so in `fault`."""

    def withdraw(self, after_ns: int) -> None:
        """Take back all that is due after `after_ns`."""

    def close(self) -> None:
        """Deliver what was taken, then let go of the port."""


class InputPort(Protocol):
    """Gives messages to the function it was made with, from a thread of its own."""

    @property
    def name(self) -> str:
        """As shown to people."""

    @property
    def fault(self) -> str:
        """What is wrong with the port in plain words, or ''."""

    def close(self) -> None:
        """Let go of the port."""


class NullPort:
    """Nowhere: for a box without a synth."""

    name = "none"
    delivery = "none"
    fault = ""
    guard_ns = 0

    def send(self, outputs: Sequence[Output]) -> None:
        """Forget them."""

    def withdraw(self, after_ns: int) -> None:
        """Keep nothing, so take nothing back."""

    def close(self) -> None:
        """Nothing to let go of."""


class SeveralPorts:
    """Several outputs as one: each gets everything, and one that fails does not stop the others."""

    def __init__(self, ports: Sequence[OutputPort]) -> None:
        self._ports = ports

    @property
    def name(self) -> str:
        """All names."""
        return ", ".join(port.name for port in self._ports)

    @property
    def delivery(self) -> str:
        """Each one's way, once."""
        return "; ".join(dict.fromkeys(port.delivery for port in self._ports))

    @property
    def guard_ns(self) -> int:
        """The slowest one's."""
        return max(port.guard_ns for port in self._ports)

    @property
    def fault(self) -> str:
        """All faults."""
        return "; ".join(port.fault for port in self._ports if port.fault)

    def send(self, outputs: Sequence[Output]) -> None:
        """To each."""
        for port in self._ports:
            port.send(outputs)

    def withdraw(self, after_ns: int) -> None:
        """From each."""
        for port in self._ports:
            port.withdraw(after_ns)

    def close(self) -> None:
        """Each, whatever becomes of the others; raises the first error."""
        errors: list[Exception] = []
        for port in self._ports:
            try:
                port.close()
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
