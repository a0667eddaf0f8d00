"""Output ports without a device: one that goes nowhere, and several as one."""

from collections.abc import Sequence

from drumatlas.play.events import Output
from drumatlas.play.port import OutputPort

_GUARD_NS = 5_000_000  # what would take the place of a message due sooner would come too late


def guarded_ns(offset_ns: int) -> int:
    """Return the `guard_ns` of a port that sends `offset_ns` later than messages are due. A port
    that sends earlier must be that much quicker to take messages back."""
    return _GUARD_NS + max(-offset_ns, 0)


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
