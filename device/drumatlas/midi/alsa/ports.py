"""The ports of ALSA's sequencer, by name, and word when they come and go."""

import threading
from collections.abc import Callable
from typing import Any

from drumatlas.midi.alsa.queue import import_alsa, open_sequencer, wait_events
from drumatlas.midi.cards import hardware_of
from drumatlas.midi.names import Port, describe
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

_ANNOUNCE = (0, 1)  # System:Announce
_POLL_S = 0.5  # how soon a closing watcher notices


def list_alsa(client: Any, *, output: bool) -> list[Port]:
    """Return the ports that one can play to (`output`) or hear, in ALSA's order.

    Kernel ports and other programs' alike, but not our own, nor those that ask to be left alone.
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


class Watcher:
    """Calls `changed` with the ports there are (as list_alsa gives them): once at the beginning,
    then from a thread of its own whenever a port appears or goes.

    It asks as a client of its own: a list is many calls of a client, which the one that plays
    must not have to wait for.
    """

    def __init__(self, changed: Callable[[list[Port]], None], *, output: bool) -> None:
        alsa = import_alsa()
        self._client = open_sequencer("drumatlas watch")
        # Kept: the library deletes a port that nobody refers to.
        self._port = self._client.create_port(
            "announce", alsa.WRITE_PORT | alsa.PortCaps.NO_EXPORT, alsa.PortType.APPLICATION
        )
        self._client.subscribe_port(_ANNOUNCE, self._port)
        self._changed, self._output = changed, output
        self._is_open = True
        self._look()  # now that none can come unnoticed
        self._thread = threading.Thread(target=self._watch, name="midi-watch", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        self._changed(list_alsa(self._client, output=self._output))

    def _watch(self) -> None:
        request_realtime(SLOW_PRIORITY)
        kinds = import_alsa().EventType
        known = {kinds.PORT_START, kinds.PORT_EXIT, kinds.CLIENT_EXIT, kinds.PORT_UNSUBSCRIBED}
        while self._is_open:
            events = list(wait_events(self._client, _POLL_S))
            if any(event.type in known for event in events):
                self._look()

    def close(self) -> None:
        """End the thread."""
        self._is_open = False
        self._thread.join(timeout=5)
        self._client.close()
