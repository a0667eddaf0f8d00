"""Find the port that a user named, again each time that the list of ports changes. Pure."""

from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi.names import Port, distinct_name, fitting, is_synth, mismatch


class PortFinder:
    """Follows the port that `wanted` names while other ports come and go.

    Once found, the port stays the same while it exists, even if another with the same plain name
    appears. When it goes, no port that existed beside it replaces it, since that is another device.
    With `takes_any`, the first interface replaces it and is followed from then on. Programs that
    start later don't replace it, since every tool that shows MIDI offers a port.
    """

    def __init__(self, wanted: str, kind: str = "output", *, takes_any: bool = False) -> None:
        self._wanted, self._kind, self._takes_any = wanted, kind, takes_any
        self._last: Port | None = None
        self._others: dict[tuple[object, ...], Port] = {}  # ports that existed beside `_last`
        self.name = wanted

    def find(self, ports: Sequence[Port]) -> Port | None:
        """Return the one of `ports` to connect to; None if it is missing."""
        port = self._same(ports) or self._named(ports) or self._any(ports)
        if port:
            self._others = {one.device: one for one in ports if one is not port}
            self._last, self.name = port, port.name
            if self._takes_any:
                self._wanted = port.name  # it is preferred when it returns
        else:
            self._forget_programs(ports)
            self._rename_missing(ports)
        return port

    def require(self, ports: Sequence[Port]) -> Port:
        """Return the port as `find` does; if it is missing, PortError lists the ports."""
        port = self.find(ports)
        if port is None:
            raise PortError(mismatch(self._wanted, ports, self._kind))
        return port

    def absence(self, ports: Sequence[Port]) -> str:
        """Return a message on why the port is not among `ports`; "" if none is wanted.

        It was either unplugged or never found, perhaps because its name is misspelt.
        """
        if self._last:
            return f"{self.name}: unplugged"
        return mismatch(self._wanted, ports, self._kind) if self._wanted else ""

    def _same(self, ports: Sequence[Port]) -> Port | None:
        """Return the port found last time, or an interface that is back in the same place."""
        same = (port for port in ports if self._last and port.device == self._last.device)
        return next(same, None)

    def _named(self, ports: Sequence[Port]) -> Port | None:
        new = [port for port in ports if port.device not in self._others]
        fits = fitting(self._wanted, new) if self._wanted else []
        return fits[0] if len(fits) == 1 else None

    def _any(self, ports: Sequence[Port]) -> Port | None:
        cards = (port for port in ports if port.is_card and is_synth(port.plain))
        return next(cards, None) if self._takes_any else None

    def _forget_programs(self, ports: Sequence[Port]) -> None:
        """Forget other programs that have ended, since their numbers may be reused.

        Other interfaces are remembered. After a hub has lost power, one of them may be back before
        ours is.
        """
        present = {port.device for port in ports}
        self._others = {
            device: other
            for device, other in self._others.items()
            if other.hardware.place or device in present
        }

    def _rename_missing(self, ports: Sequence[Port]) -> None:
        """Name the missing port so that it is not confused with one that is present."""
        last = self._last
        same = [port for port in ports if last and port.plain == last.plain]
        if last and same and last.hardware.place:
            self.name = distinct_name(last, [last, *same])
