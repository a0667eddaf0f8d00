"""Output ports without a device: one that sends nothing, and one that joins several."""

from collections.abc import Sequence

from drumatlas.play.events import Output
from drumatlas.play.port import OutputPort

_GUARD_NS = 5_000_000  # computing a replacement for a withdrawn message takes about this long


def guarded_ns(offset_ns: int) -> int:
    """Return the `guard_ns` of a port that sends each message `offset_ns` after it is due.

    A port that sends earlier (offset_ns < 0) must withdraw messages that much sooner.
    """
    return _GUARD_NS + max(-offset_ns, 0)


class NullPort:
    """An output that sends nothing, for a box without a synth."""

    name = "none"
    delivery = "none"
    fault = ""
    guard_ns = 0

    def send(self, outputs: Sequence[Output]) -> None:
        """Drop the outputs."""

    def withdraw(self, after_ns: int) -> None:
        """Do nothing, since nothing is waiting."""

    def close(self) -> None:
        """Do nothing, since nothing is open."""


class SeveralPorts:
    """Joins several outputs. Each gets every message; one that fails does not stop the others."""

    def __init__(self, ports: Sequence[OutputPort]) -> None:
        self._ports = ports

    @property
    def name(self) -> str:
        """The names of all ports."""
        return ", ".join(port.name for port in self._ports)

    @property
    def delivery(self) -> str:
        """The ways of delivery of all ports, each once."""
        return "; ".join(dict.fromkeys(port.delivery for port in self._ports))

    @property
    def guard_ns(self) -> int:
        """The longest `guard_ns` of all ports."""
        return max(port.guard_ns for port in self._ports)

    @property
    def fault(self) -> str:
        """The faults of all ports."""
        return "; ".join(port.fault for port in self._ports if port.fault)

    def send(self, outputs: Sequence[Output]) -> None:
        """Send the outputs to each port."""
        for port in self._ports:
            port.send(outputs)

    def withdraw(self, after_ns: int) -> None:
        """Withdraw from each port what is due after `after_ns`."""
        for port in self._ports:
            port.withdraw(after_ns)

    def close(self) -> None:
        """Close each port, even if closing another fails; then raise the first error."""
        errors: list[Exception] = []
        for port in self._ports:
            try:
                port.close()
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
