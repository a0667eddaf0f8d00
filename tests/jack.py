"""A JACK server without hardware, and a client that records what is played to it."""

import shutil
import time
from typing import Any

import pytest

from drumatlas.play.events import Event

needs_jack = [
    pytest.mark.jack,
    pytest.mark.skipif(not shutil.which("jackd"), reason="no jackd; apt install jackd2"),
]


class Recorder:
    """A second client with a virtual input that others can play to, or that listens to a port."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._connect()

    def _connect(self) -> None:
        import rtmidi

        deadline = time.monotonic() + 10
        while True:  # until the server is up
            try:
                self.client: Any = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="recorder")
                break
            except rtmidi.SystemError:
                assert time.monotonic() < deadline, "jackd did not start"
                time.sleep(0.1)
        self.client.ignore_types(sysex=False, timing=False, active_sense=False)
        self.client.set_callback(self._take)

    def _take(self, message: tuple[list[int], float], _data: object) -> None:
        self.events.append(Event(time.monotonic_ns(), bytes(message[0])))

    def unplug(self) -> None:
        """Its ports go away. (Deleted with its callback, a client waits for itself.)"""
        self.client.cancel_callback()
        self.client.close_port()
        self.client.delete()

    def plug(self, name: str) -> None:
        """Back, with a virtual input."""
        self._connect()
        self.client.open_virtual_port(name)

    def listen_to(self, name: str) -> None:
        deadline = time.monotonic() + 10
        while True:
            ports = [i for i, port in enumerate(self.client.get_ports()) if name in port]
            if ports:
                self.client.open_port(ports[0])
                return
            assert time.monotonic() < deadline, f"no port {name}"
            time.sleep(0.02)

    def wait_for(self, data: bytes) -> None:
        deadline = time.monotonic() + 10
        while not any(event.data == data for event in self.events):
            assert time.monotonic() < deadline, f"no {data.hex()} came"
            time.sleep(0.01)
