"""The port that a user's name means, from one look at the list of ports to the next."""

from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi.names import Port, distinct_name, fitting, is_synth, mismatch


class PortFinder:
    """Follows the port that `wanted` names while others come and go.

    The port that was found stays the one while it is there, even if another with the same plain
    name joins it. When it goes, no port that was there beside it takes its place: that is another
    device. With `takes_any` the first interface does so, and is then the one that is followed.
    Programs that come later are not taken: each tool that looks at MIDI offers a port.
    """

    def __init__(self, wanted: str, kind: str = "output", *, takes_any: bool = False) -> None:
        self._wanted, self._kind, self._takes_any = wanted, kind, takes_any
        self._last: Port | None = None
        self._others: dict[tuple[object, ...], Port] = {}  # that were there beside it
        self.name = wanted

    def look(self, ports: Sequence[Port]) -> Port | None:
        """Return the one of `ports` to be connected to, if it is there."""
        port = self._same(ports) or self._named(ports) or self._any(ports)
        if port:
            self._others = {one.device: one for one in ports if one is not port}
            self._last, self.name = port, port.name
            if self._takes_any:
                self._wanted = port.name  # it is looked for first when it was away
        else:
            self._forget_programs(ports)
            self._tell_apart(ports)
        return port

    def require(self, ports: Sequence[Port]) -> Port:
        """Return what `look` does; PortError lists what there is."""
        port = self.look(ports)
        if port is None:
            raise PortError(mismatch(self._wanted, ports, self._kind))
        return port

    def absence(self, ports: Sequence[Port]) -> str:
        """Say why the port is not among `ports`: unplugged, or never there and perhaps misspelt;
        "" if none is wanted."""
        if self._last:
            return f"{self.name}: unplugged"
        return mismatch(self._wanted, ports, self._kind) if self._wanted else ""

    def _same(self, ports: Sequence[Port]) -> Port | None:
        """The one of the last look, or an interface that is back in its place."""
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
        """Another program may get the number of one that ended. An interface stays another one:
        after a hub has lost its supply, it may be back before ours is."""
        there = {port.device for port in ports}
        self._others = {
            device: other
            for device, other in self._others.items()
            if other.hardware.place or device in there
        }

    def _tell_apart(self, ports: Sequence[Port]) -> None:
        """Name the one that is away so that it is not confused with one that is there."""
        last = self._last
        same = [port for port in ports if last and port.plain == last.plain]
        if last and same and last.hardware.place:
            self.name = distinct_name(last, [last, *same])
