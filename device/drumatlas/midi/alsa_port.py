"""A MIDI output through ALSA's sequencer: the kernel delivers each message at its time stamp."""

import os
import threading
import time
from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.alsa_ports import Watcher, list_alsa
from drumatlas.midi.alsa_queue import (
    RATES_HZ,
    QueueClock,
    bearable_hz,
    import_alsa,
    open_sequencer,
)
from drumatlas.midi.alsa_wire import DIRECT, pack
from drumatlas.play.events import Event, Output, panic

_BATCH = 64  # events a system call; the pool must hold them at once
_POOL = 2000  # events that the kernel keeps for us; a look-ahead holds some dozens


class AlsaPort:
    """Port "drumatlas:out" of the sequencer, connected to `wanted` as long as that is there.

    None connects to nothing: others connect to us. A port that goes is told in `fault`; when it
    comes back it is connected again and hears panic first.
    """

    # What is due sooner stays: by the time its successor is reckoned it would be late.
    guard_ns = 5_000_000

    def __init__(self, wanted: str | None, channels: tuple[int, ...], offset_ms: float = 0) -> None:
        self._alsa = import_alsa()
        self._client = open_sequencer(names.CLIENT)
        self._client.set_client_pool_output(_POOL)
        self._port = self._client.create_port("out", self._alsa.READ_PORT)
        # What a port hears before it hears the beat comes from here: see _greet.
        hidden = self._alsa.READ_PORT | self._alsa.PortCaps.NO_EXPORT
        self._panic_port = self._client.create_port("panic", hidden)
        self._source = (self._client.client_id, self._port.port_id)
        self._clock = QueueClock(self._client, bearable_hz(self._client))
        self._retired: QueueClock | None = None  # delivers what it still holds
        self._offset_ns = round(offset_ms * 1_000_000)
        self._channels = channels
        self._lock = threading.Lock()
        self._wanted = wanted
        self._connected: object = None
        self.fault = ""
        self.name = f"{names.CLIENT}:out (virtual, ALSA)"
        if wanted is not None:
            ports = list_alsa(self._client, output=True)
            try:
                self.name = list(ports)[names.match(wanted, list(ports))]
            except PortError:
                self._client.close()
                raise
            self._connect()
        self._watcher = Watcher(self._connect) if wanted is not None else None

    @property
    def delivery(self) -> str:
        """How messages get their time, in words."""
        hz = self._clock.resolution_hz
        return f"kernel queue, timer at {hz or 1000} Hz"

    def send(self, outputs: Sequence[Output]) -> None:
        """Hand messages to the kernel's queue."""
        try:
            with self._lock:
                queue = self._clock.queue.queue_id
                events = [
                    pack(o.data, self._clock.stamp(o.at_ns + self._offset_ns), queue, self._source)
                    for o in outputs
                    if isinstance(o, Event)
                ]
                for start in range(0, len(events), _BATCH):
                    os.write(self._client._fd, b"".join(events[start : start + _BATCH]))
                self._keep_up(time.monotonic_ns())  # afterwards: what is due soon can't wait
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"

    def _keep_up(self, now_ns: int) -> None:
        """Follow the queue's drift; a machine that can't bear its timer gets a slower one."""
        clock = self._clock
        clock.retune(now_ns)
        if self._retired and self._retired.is_idle():
            self._retired.close()
            self._retired = None
        slower = [hz for hz in RATES_HZ if hz < clock.resolution_hz]
        if clock.is_behind and slower and not self._retired:
            self._retired, self._clock = clock, QueueClock(self._client, slower[0])

    def withdraw(self, after_ns: int) -> None:
        """Take back what is due after `after_ns` and still in the queue."""
        try:
            with self._lock:
                for clock in (self._clock, self._retired):
                    if clock:
                        self._withdraw(clock, after_ns)
        except self._alsa.exceptions.Error as error:
            self.fault = f"{self.name}: {error}"

    def _withdraw(self, clock: QueueClock, after_ns: int) -> None:
        self._client.remove_events(
            self._alsa.RemoveCondition.OUTPUT,
            queue=clock.queue,
            time=self._alsa.RealTime(*clock.stamp(after_ns + self._offset_ns + 1)),
        )

    def close(self) -> None:
        """Let the kernel deliver what is due, then leave."""
        if self._watcher:
            self._watcher.close()
        with self._lock:
            deadline = time.monotonic() + 1
            while not self._clock.is_idle() and time.monotonic() < deadline:
                time.sleep(0.005)
            self._client.close()

    def _connect(self) -> None:
        """Connect to the wanted port if it is there and not connected yet; panic first."""
        with self._lock:
            ports = list_alsa(self._client, output=True)
            index = names.find(self._wanted or "", list(ports))
            address = None if index is None else list(ports.values())[index]
            if address is None:
                self._connected = None
                self.fault = f"{self.name}: unplugged"
                return
            if address == self._connected:
                return
            try:
                self._greet(address)
            except (OSError, self._alsa.exceptions.Error) as error:
                self.fault = f"{self.name}: {error}"
                return
            self._connected, self.fault = address, ""

    def _greet(self, address: object) -> None:
        """Panic, then the beat: from a port of its own, since the queue does not wait between
        our being connected and the first message."""
        client = self._client
        client.subscribe_port(self._panic_port, address)
        source = (client.client_id, self._panic_port.port_id)
        for event in panic(0, self._channels):
            os.write(client._fd, pack(event.data, (0, 0), DIRECT, source))
        client.subscribe_port(self._port, address)
        client.unsubscribe_port(self._panic_port, address)
