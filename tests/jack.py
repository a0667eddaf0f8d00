"""A JACK server without hardware, and a client that records what is played to it."""

import shutil
import time

import pytest

from drumatlas.errors import PortError
from drumatlas.midi.rtmidi_api import open_client
from drumatlas.midi.rtmidi_bindings import Client
from drumatlas.play.events import Event

needs_jack = [
    pytest.mark.jack,
    pytest.mark.skipif(not shutil.which("jackd"), reason="no jackd; apt install jackd2"),
]


def jack_client(name: str, *, output: bool) -> Client:
    """Another client of the JACK server, through whichever binding is installed."""
    return open_client(output=output, name=name, systems=("jack",))[0]


class Recorder:
    """A second client with a virtual input that others can play to, or that listens to a port."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._connect()

    def _connect(self) -> None:
        deadline = time.monotonic() + 10
        while True:  # until the server is up
            try:
                self.client = jack_client("recorder", output=False)
                break
            except PortError as error:
                assert time.monotonic() < deadline, f"jackd did not start: {error}"
                time.sleep(0.1)
        self.client.listen(self._take, everything=True)

    def _take(self, message: bytes) -> None:
        self.events.append(Event(time.monotonic_ns(), message))

    def unplug(self) -> None:
        """Its ports go away."""
        self.client.ignore()
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
                self.client.open_port(ports[0], "in")
                return
            assert time.monotonic() < deadline, f"no port {name}"
            time.sleep(0.02)

    def wait_for(self, data: bytes) -> None:
        deadline = time.monotonic() + 10
        while not any(event.data == data for event in self.events):
            assert time.monotonic() < deadline, f"no {data.hex()} came"
            time.sleep(0.01)
