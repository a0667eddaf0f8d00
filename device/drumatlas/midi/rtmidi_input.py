"""MIDI in through RtMidi; messages are stamped when its thread hands them over."""

import time
from collections.abc import Callable

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.parser import Parser
from drumatlas.midi.rtmidi_api import open_client_for


class RtMidiInput:
    """Hears `wanted` (None: a virtual port of our own); gives each message's bytes and arrival
    (monotonic ns) to `take`."""

    fault = ""

    def __init__(self, wanted: str | None, take: Callable[[bytes, int], None]) -> None:
        self._client, system = open_client_for(wanted, output=False)
        parser = Parser()  # checks what comes, whatever the system below let through

        def hear(message: bytes) -> None:
            now_ns = time.monotonic_ns()
            for data in parser.feed(message):
                take(data, now_ns)

        self._client.listen(hear)
        try:
            self.name = self._open(wanted, system)
        except PortError:
            self._client.ignore()
            self._client.delete()
            raise

    def _open(self, wanted: str | None, system: str) -> str:
        if wanted is None:
            try:
                self._client.open_virtual_port("in")
            except Exception as error:
                raise PortError(f"no virtual MIDI port on this system: {error}") from None
            return f"{names.CLIENT} in (virtual, {system})"
        ports = self._client.get_ports()
        index = names.match(wanted, ports, "input")
        try:
            self._client.open_port(index, "in")
        except Exception as error:
            raise PortError(f"MIDI input '{wanted}' can't be opened: {error}") from None
        return names.describe(ports)[index].name

    def close(self) -> None:
        """Let go of the port."""
        self._client.ignore()
        self._client.close_port()
        self._client.delete()
