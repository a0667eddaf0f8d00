"""A MIDI output through ALSA's sequencer: the kernel delivers each message at its time stamp."""

import errno
import os
import select
import threading
import time
from collections import deque
from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi import names
from drumatlas.midi.already_sent import AlreadySent
from drumatlas.midi.alsa.events import DIRECT, EVENT_SIZE, pack, stamps
from drumatlas.midi.alsa.ports import PortWatcher, list_alsa
from drumatlas.midi.alsa.queue import (
    RATES_HZ,
    QueueClock,
    import_alsa,
    open_sequencer,
    sustainable_hz,
)
from drumatlas.midi.names import Port
from drumatlas.midi.port import guarded_ns
from drumatlas.midi.port_finder import PortFinder
from drumatlas.midi.resync import Resync
from drumatlas.play.events import Event, Output, panic

_BATCH = 64  # events per system call; the pool must have room for all of them
_POOL = 2000  # events that wait in the kernel; a look-ahead holds some dozens
_ECHOES = 500  # delivered events that the kernel stores until we read them

Stamp = tuple[int, int]  # seconds and nanoseconds of a queue's time
_SENT: Stamp = (0, 0)  # stamp of messages that are out already, whatever their time


class AlsaPort:
    """Port "drumatlas:out" of the sequencer, connected to `wanted` whenever that exists.

    For None it is connected to nothing, and others connect to it. Panic and notes go out on
    `channels` (0 to 15), each message `offset_ms` after it is due. While the port is unplugged,
    `fault` says so. When it is back, it is connected again and receives panic first, then its
    position (see resync.py). Another port of the same name is ignored (see port_finder.py). Raises
    PortError if the port is missing at first; with `waits`, it is waited for. With `takes_any`, any
    synth that is plugged in replaces a missing one.
    """

    def __init__(
        self,
        wanted: str | None,
        channels: tuple[int, ...],
        offset_ms: float = 0,
        *,
        waits: bool = False,
        takes_any: bool = False,
    ) -> None:
        self._alsa = import_alsa()
        self._client = open_sequencer(names.CLIENT)
        self._client.set_client_pool_output(_POOL)
        self._port = self._client.create_port("out", self._alsa.READ_PORT)
        # Sends panic to a port before it is connected to the beat: see _greet.
        hidden = self._alsa.READ_PORT | self._alsa.PortCaps.NO_EXPORT
        self._panic_port = self._client.create_port("panic", hidden)
        # Receives everything that the kernel delivers, which shows what can't be withdrawn.
        self._client.set_client_pool_input(_ECHOES)
        self._echo_port = self._client.create_port(
            "echo", self._alsa.WRITE_PORT | self._alsa.PortCaps.NO_EXPORT
        )
        self._client.subscribe_port(self._port, self._echo_port)
        self._sent: deque[tuple[int, Stamp, int, bytes]] = deque(maxlen=_ECHOES)
        self._delivered: dict[int, Stamp] = {}  # queue -> time up to which it has delivered
        self._already_sent, self._resync = AlreadySent(), Resync()
        self._source = (self._client.client_id, self._port.port_id)
        self._clock = QueueClock(self._client, sustainable_hz(self._client))
        self._retired: QueueClock | None = None  # delivers the events it still holds
        self._offset_ns = round(offset_ms * 1_000_000)
        self.guard_ns = guarded_ns(self._offset_ns)
        self._channels = channels
        self._lock = threading.Lock()  # for the performer's data; connecting needs no lock
        self._finder = PortFinder(wanted or "", takes_any=takes_any)
        self._connected: Port | None = None
        self._connections = 0  # how often the port was connected, counted by the watcher
        self._resynced = 0  # how many of these the performer has handled
        self.fault = ""
        self.name = wanted or f"{names.CLIENT}:out (virtual, ALSA)"
        follows = wanted is not None or takes_any
        if wanted is not None and not waits:
            try:
                self.name = self._finder.require(list_alsa(self._client, output=True)).name
            except PortError:
                self._client.close()
                raise
        self._watcher = PortWatcher(self._connect, output=True) if follows else None

    @property
    def delivery(self) -> str:
        """How messages are timed, in words."""
        hz = self._clock.resolution_hz
        return f"kernel queue, timer at {hz or 1000} Hz"

    def send(self, outputs: Sequence[Output]) -> None:
        """Put messages into the kernel's queue."""
        try:
            with self._lock:
                queue = self._clock.queue.queue_id
                events = []
                for event in self._new(outputs):
                    stamp = self._clock.stamp(event.at_ns + self._offset_ns)
                    events.append(pack(event.data, stamp, queue, self._source))
                    self._sent.append((queue, stamp, event.at_ns, event.data))
                for start in range(0, len(events), _BATCH):
                    os.write(self._client._fd, b"".join(events[start : start + _BATCH]))
                self._read_echoes()  # after writing, since messages that are due soon can't wait
                self._keep_up(time.monotonic_ns())
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"

    def _new(self, outputs: Sequence[Output]) -> list[Event]:
        """Return the messages that are not out yet, after note-offs for a new connection."""
        ends: list[Event] = []
        if self._connections != self._resynced:
            self._resynced = self._connections
            ends = self._resync.after_loss()
        events, repeated = self._already_sent.split(self._resync.filter(outputs))
        # The repeated ones are out, whatever their stamps are now. They may be withdrawn again.
        self._sent.extend((0, _SENT, event.at_ns, event.data) for event in repeated)
        return [*ends, *events]

    def _keep_up(self, now_ns: int) -> None:
        """Follow the queue's drift; use a slower timer if the machine can't keep up with it."""
        clock = self._clock
        clock.retune(now_ns)
        if self._retired and self._retired.is_idle():
            self._retired.close()
            self._retired = None
        slower = [hz for hz in RATES_HZ if hz < clock.resolution_hz]
        if clock.is_behind and slower and not self._retired:
            self._retired, self._clock = clock, QueueClock(self._client, slower[0])
            self._delivered.pop(self._clock.queue.queue_id, None)  # the number may be reused

    def withdraw(self, after_ns: int) -> None:
        """Withdraw the messages due after `after_ns` (monotonic ns) that are still in the queue."""
        self._resync.withdraw(after_ns)
        try:
            with self._lock:
                for clock in (self._clock, self._retired):
                    if clock:
                        self._withdraw(clock, after_ns)
                self._record_already_sent(after_ns)
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"

    def _withdraw(self, clock: QueueClock, after_ns: int) -> None:
        self._client.remove_events(
            self._alsa.RemoveCondition.OUTPUT,
            queue=clock.queue,
            time=self._alsa.RealTime(*clock.stamp(after_ns + self._offset_ns + 1)),
        )

    def _record_already_sent(self, after_ns: int) -> None:
        """Record which messages after `after_ns` were delivered before they could be withdrawn."""
        withdrawn = [sent for sent in self._sent if sent[2] > after_ns]
        self._sent = deque((sent for sent in self._sent if sent[2] <= after_ns), _ECHOES)
        self._read_echoes()
        self._already_sent.record(
            (at_ns, data)
            for queue, stamp, at_ns, data in withdrawn
            if stamp <= self._delivered.get(queue, _SENT)
        )

    def _read_echoes(self) -> None:
        """Find out up to which time the queues have delivered.

        Call this often: if the kernel's store is full, it drops the newest echoes, not the oldest.
        """
        while select.select([self._client._fd], [], [], 0)[0]:
            try:
                events = os.read(self._client._fd, EVENT_SIZE * _BATCH)
            except OSError as error:
                if error.errno != errno.ENOSPC:  # which only says that echoes were dropped
                    raise
                continue
            for queue, stamp in stamps(events):
                self._delivered[queue] = max(stamp, self._delivered.get(queue, _SENT))

    def close(self) -> None:
        """Let the kernel deliver the messages it has, for 1 s at most, and close the client."""
        if self._watcher:
            self._watcher.close()
        with self._lock:
            deadline = time.monotonic() + 1
            while not self._clock.is_idle() and time.monotonic() < deadline:
                time.sleep(0.005)
            self._client.close()

    def _connect(self, ports: list[Port]) -> None:
        """Send panic and connect to the wanted port, if it is among `ports` and not connected.

        The watcher calls this.
        """
        port = self._finder.find(ports)
        if port is None:
            self._connected = None
            self.name = self._finder.name or self.name
            self.fault = self._finder.absence(ports)
            return
        self.name = port.name  # it changes if another port of the same plain name comes or goes
        if self._connected and port.identity == self._connected.identity:
            return
        try:
            self._greet(port.address)
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"
            return
        self._connected, self.fault = port, ""
        self._connections += 1

    def _greet(self, address: object) -> None:
        """Send panic to the port at `address`, then connect it to the beat.

        Panic comes from a port of its own, since the queue sends on as soon as we are connected.
        """
        client = self._client
        client.subscribe_port(self._panic_port, address)
        source = (client.client_id, self._panic_port.port_id)
        for event in panic(0, self._resync.channels(self._channels)):
            os.write(client._fd, pack(event.data, (0, 0), DIRECT, source))
        client.subscribe_port(self._port, address)
        client.unsubscribe_port(self._panic_port, address)
