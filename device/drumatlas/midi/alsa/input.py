"""A MIDI input through ALSA's sequencer, with the kernel's time stamps."""

import threading
import time
from collections.abc import Callable
from typing import Any

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.alsa.ports import PortWatcher, list_alsa
from drumatlas.midi.alsa.queue import QueueClock, import_alsa, open_sequencer, wait_events
from drumatlas.midi.names import Port
from drumatlas.midi.port_finder import PortFinder
from drumatlas.realtime import request_realtime

_POLL_S = 0.5
# This queue only gives time stamps, and the kernel interpolates those between the queue's ticks. A
# fine timer would cost a small machine 6,250 interrupts a second for nothing. This is the slowest
# rate, since each tick that is served late shifts the time stamps.
_TICKS_HZ = 10
_POOL = 1000  # events that wait in the kernel for us; it drops more


class AlsaInput:
    """Listens to `wanted`, or for None to any port that is connected to "drumatlas in:in".

    A thread calls `on_message` with each message and its arrival (monotonic ns). Raises PortError
    if the port is missing; with `waits`, it is waited for.
    """

    def __init__(
        self, wanted: str | None, on_message: Callable[[bytes, int], None], waits: bool = False
    ) -> None:
        alsa = import_alsa()
        self._client = open_sequencer(f"{names.CLIENT} in")
        self._client.set_client_pool_input(_POOL)
        self._clock = QueueClock(self._client, _TICKS_HZ)
        self._port = self._client.create_port(
            "in",
            alsa.WRITE_PORT,
            timestamping=True,
            timestamp_real=True,
            timestamp_queue=self._clock.queue,
        )
        self._on_message = on_message
        self._finder = PortFinder(wanted or "", "input")
        self._connected: Port | None = None
        self.fault = ""
        self.name = wanted or f"{names.CLIENT} in:in (virtual, ALSA)"
        if wanted is not None and not waits:
            try:
                self.name = self._finder.require(list_alsa(self._client, output=False)).name
            except PortError:
                self._client.close()
                raise
        self._watcher = PortWatcher(self._connect, output=False) if wanted is not None else None
        self._is_open = True
        self._thread = threading.Thread(target=self._listen, name="midi-in", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        request_realtime()  # the notes of the first clock after Start are due as it arrives
        alsa = import_alsa()
        while self._is_open:
            for event in wait_events(self._client, _POLL_S, prefer_bytes=True):
                now_ns = time.monotonic_ns()
                if isinstance(event, alsa.MidiBytesEvent):
                    self._on_message(event.midi_bytes, self._arrival(event, now_ns))

    def _arrival(self, event: Any, now_ns: int) -> int:
        if event.time is None:
            return now_ns
        return min(self._clock.arrival(event.time), now_ns)

    def _connect(self, ports: list[Port]) -> None:
        """Connect the wanted port to ours if it is among `ports` and not connected yet.

        The watcher calls this.
        """
        port = self._finder.find(ports)
        if port is None:
            self._connected, self.name = None, self._finder.name
            self.fault = self._finder.absence(ports)
            return
        self.name = port.name
        if self._connected and port.identity == self._connected.identity:
            return
        try:
            self._client.subscribe_port(port.address, self._port)
            self._connected, self.fault = port, ""
        except import_alsa().exceptions.Error as error:
            self.fault = f"{self.name}: {error}"

    def close(self) -> None:
        """End the threads and close the client."""
        if self._watcher:
            self._watcher.close()
        self._is_open = False
        self._thread.join(timeout=5)
        self._client.close()
