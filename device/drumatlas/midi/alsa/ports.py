"""List the ports of ALSA's sequencer by name, and watch them come and go."""

import threading
from collections.abc import Callable
from typing import Any

from drumatlas.midi.alsa.queue import import_alsa, open_sequencer, wait_events
from drumatlas.midi.cards import hardware_of
from drumatlas.midi.names import Port, describe
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

_ANNOUNCE = (0, 1)  # System:Announce
_POLL_S = 0.5  # longest time until the watcher's thread notices `close`


def list_alsa(client: Any, *, output: bool) -> list[Port]:
    """Return the ports to play to (`output`) or to listen to, in ALSA's order.

    They are those of the kernel and of other programs, except hidden ones (NO_EXPORT) and those of
    `client` itself.
    """
    alsa = import_alsa()
    infos = client.list_ports(
        output=output or None, input=None if output else True, type=alsa.PortType(0), sort=False
    )
    return describe(
        (
            f"{info.client_name}:{info.name} {info.client_id}:{info.port_id}"
            for info in infos
            if info.client_id != client.client_id and not info.capability & alsa.PortCaps.NO_EXPORT
        ),
        hardware_of,
    )


class PortWatcher:
    """Calls `on_change` with the list of ports (see list_alsa) whenever a port comes or goes.

    The first call is made at once, the others from a thread. The watcher has its own client: a list
    takes many calls, and the client that plays must not wait for them.
    """

    def __init__(self, on_change: Callable[[list[Port]], None], *, output: bool) -> None:
        alsa = import_alsa()
        self._client = open_sequencer("drumatlas watch")
        # Hold a reference, since the library deletes a port without one.
        self._port = self._client.create_port(
            "announce", alsa.WRITE_PORT | alsa.PortCaps.NO_EXPORT, alsa.PortType.APPLICATION
        )
        self._client.subscribe_port(_ANNOUNCE, self._port)
        self._on_change, self._output = on_change, output
        self._is_open = True
        self._list()  # after subscribing, so that no port is missed
        self._thread = threading.Thread(target=self._watch, name="midi-watch", daemon=True)
        self._thread.start()

    def _list(self) -> None:
        self._on_change(list_alsa(self._client, output=self._output))

    def _watch(self) -> None:
        request_realtime(SLOW_PRIORITY)
        kinds = import_alsa().EventType
        changes = {kinds.PORT_START, kinds.PORT_EXIT, kinds.CLIENT_EXIT, kinds.PORT_UNSUBSCRIBED}
        while self._is_open:
            events = list(wait_events(self._client, _POLL_S))
            if any(event.type in changes for event in events):
                self._list()

    def close(self) -> None:
        """End the thread and close the client."""
        self._is_open = False
        self._thread.join(timeout=5)
        self._client.close()
