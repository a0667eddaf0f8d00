"""MIDI in through python-rtmidi; messages are stamped when its thread hands them over."""

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
        self._client.ignore_types(sysex=True, timing=False, active_sense=True)
        parser = Parser()  # checks what comes, whatever the system below let through

        def hear(message: tuple[list[int], float], _: object) -> None:
            now_ns = time.monotonic_ns()
            for data in parser.feed(bytes(byte & 0xFF for byte in message[0])):
                take(data, now_ns)

        self._client.set_callback(hear)
        try:
            self.name = self._open(wanted, system)
        except PortError:
            self._client.delete()
            raise

    def _open(self, wanted: str | None, system: str) -> str:
        if wanted is None:
            try:
                self._client.open_virtual_port("in")
            except Exception as error:
                raise PortError(f"no virtual MIDI port on this system: {error}") from None
            return f"{names.CLIENT} in (virtual, {system})"
        ports: list[str] = self._client.get_ports()
        index = names.match(wanted, ports, "input")
        try:
            self._client.open_port(index, name="in")
        except Exception as error:
            raise PortError(f"MIDI input '{wanted}' can't be opened: {error}") from None
        return names.describe(ports)[index].name

    def close(self) -> None:
        """Let go of the port."""
        self._client.cancel_callback()
        self._client.close_port()
        self._client.delete()
