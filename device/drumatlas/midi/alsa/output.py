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
from drumatlas.midi.alsa.events import DIRECT, EVENT_SIZE, pack, stamps
from drumatlas.midi.alsa.ports import Watcher, list_alsa
from drumatlas.midi.alsa.queue import (
    RATES_HZ,
    QueueClock,
    bearable_hz,
    import_alsa,
    open_sequencer,
)
from drumatlas.midi.late import Late
from drumatlas.midi.names import Port
from drumatlas.midi.port import guarded_ns
from drumatlas.midi.port_finder import PortFinder
from drumatlas.midi.rejoin import Rejoin
from drumatlas.play.events import Event, Output, panic

_BATCH = 64  # events a system call; the pool must hold them at once
_POOL = 2000  # events that the kernel keeps for us; a look-ahead holds some dozens
_HEARD = 500  # events that it keeps of what it delivered, from one look to the next

Stamp = tuple[int, int]  # the queue's seconds and nanoseconds
_OUT: Stamp = (0, 0)  # of what was due before it began


class AlsaPort:
    """Port "drumatlas:out" of the sequencer, connected to `wanted` as long as that is there.

    None connects to nothing: others connect to us. `fault` says when the port is unplugged; when
    it comes back it is connected again, and hears panic first, then its place (see rejoin.py).
    Another port with its name changes nothing (see port_finder.py). With `waits` it need not be
    there yet; with `takes_any` any synth that is plugged in takes the place of one that is not
    there.
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
        # What a port hears before it hears the beat comes from here: see _greet.
        hidden = self._alsa.READ_PORT | self._alsa.PortCaps.NO_EXPORT
        self._panic_port = self._client.create_port("panic", hidden)
        # Hears what the kernel delivers: what was to be taken back may be out already.
        self._client.set_client_pool_input(_HEARD)
        self._echo_port = self._client.create_port(
            "echo", self._alsa.WRITE_PORT | self._alsa.PortCaps.NO_EXPORT
        )
        self._client.subscribe_port(self._port, self._echo_port)
        self._sent: deque[tuple[int, Stamp, int, bytes]] = deque(maxlen=_HEARD)
        self._out: dict[int, Stamp] = {}  # queue -> up to where it has delivered
        self._late, self._rejoin = Late(), Rejoin()
        self._source = (self._client.client_id, self._port.port_id)
        self._clock = QueueClock(self._client, bearable_hz(self._client))
        self._retired: QueueClock | None = None  # delivers what it still holds
        self._offset_ns = round(offset_ms * 1_000_000)
        self.guard_ns = guarded_ns(self._offset_ns)
        self._channels = channels
        self._lock = threading.Lock()  # of what the performer uses; who connects needs none
        self._finder = PortFinder(wanted or "", takes_any=takes_any)
        self._connected: Port | None = None
        self._arrivals = self._greeted = 0  # how often it was connected; known to the performer
        self.fault = ""
        self.name = wanted or f"{names.CLIENT}:out (virtual, ALSA)"
        follows = wanted is not None or takes_any
        if wanted is not None and not waits:
            try:
                self.name = self._finder.require(list_alsa(self._client, output=True)).name
            except PortError:
                self._client.close()
                raise
        self._watcher = Watcher(self._connect, output=True) if follows else None

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
                events = []
                for event in self._new(outputs):
                    stamp = self._clock.stamp(event.at_ns + self._offset_ns)
                    events.append(pack(event.data, stamp, queue, self._source))
                    self._sent.append((queue, stamp, event.at_ns, event.data))
                for start in range(0, len(events), _BATCH):
                    os.write(self._client._fd, b"".join(events[start : start + _BATCH]))
                self._hear()  # afterwards: what is due soon can't wait
                self._keep_up(time.monotonic_ns())
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"

    def _new(self, outputs: Sequence[Output]) -> list[Event]:
        """What of them is not out yet; first what a port that came (back) must hear."""
        ends: list[Event] = []
        if self._arrivals != self._greeted:
            self._greeted = self._arrivals
            ends = self._rejoin.lost()
        events, again = self._late.sift(self._rejoin.sift(outputs))
        # Out, whatever their stamps are now; they may be taken back once more.
        self._sent.extend((0, _OUT, event.at_ns, event.data) for event in again)
        return [*ends, *events]

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
            self._out.pop(self._clock.queue.queue_id, None)  # numbers are used again

    def withdraw(self, after_ns: int) -> None:
        """Take back what is due after `after_ns` and still in the queue."""
        self._rejoin.withdraw(after_ns)
        try:
            with self._lock:
                for clock in (self._clock, self._retired):
                    if clock:
                        self._withdraw(clock, after_ns)
                self._note_late(after_ns)
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"

    def _withdraw(self, clock: QueueClock, after_ns: int) -> None:
        self._client.remove_events(
            self._alsa.RemoveCondition.OUTPUT,
            queue=clock.queue,
            time=self._alsa.RealTime(*clock.stamp(after_ns + self._offset_ns + 1)),
        )

    def _note_late(self, after_ns: int) -> None:
        """Find out what of that was delivered before it could be taken back."""
        taken_back = [sent for sent in self._sent if sent[2] > after_ns]
        self._sent = deque((sent for sent in self._sent if sent[2] <= after_ns), _HEARD)
        self._hear()
        self._late.note(
            (at_ns, data)
            for queue, stamp, at_ns, data in taken_back
            if stamp <= self._out.get(queue, _OUT)
        )

    def _hear(self) -> None:
        """How far the queues have delivered. Looked at all the time, since the kernel keeps the
        oldest of what nobody reads, not the newest."""
        while select.select([self._client._fd], [], [], 0)[0]:
            try:
                events = os.read(self._client._fd, EVENT_SIZE * _BATCH)
            except OSError as error:
                if error.errno != errno.ENOSPC:  # that there were more; they are gone
                    raise
                continue
            for queue, stamp in stamps(events):
                self._out[queue] = max(stamp, self._out.get(queue, _OUT))

    def close(self) -> None:
        """Let the kernel deliver what is due, then leave."""
        if self._watcher:
            self._watcher.close()
        with self._lock:
            deadline = time.monotonic() + 1
            while not self._clock.is_idle() and time.monotonic() < deadline:
                time.sleep(0.005)
            self._client.close()

    def _connect(self, ports: list[Port]) -> None:
        """Connect to the wanted port if it is among `ports` and not connected yet; panic first.
        The watcher calls this."""
        port = self._finder.look(ports)
        if port is None:
            self._connected = None
            self.name = self._finder.name or self.name
            self.fault = self._finder.absence(ports)
            return
        self.name = port.name  # another one with the same plain name may have come or gone
        if self._connected and port.identity == self._connected.identity:
            return
        try:
            self._greet(port.address)
        except (OSError, self._alsa.exceptions.Error) as error:
            self.fault = f"{self.name}: {error}"
            return
        self._connected, self.fault = port, ""
        self._arrivals += 1

    def _greet(self, address: object) -> None:
        """Panic, then the beat: from a port of its own, since the queue does not wait between
        our being connected and the first message."""
        client = self._client
        client.subscribe_port(self._panic_port, address)
        source = (client.client_id, self._panic_port.port_id)
        for event in panic(0, self._rejoin.channels(self._channels)):
            os.write(client._fd, pack(event.data, (0, 0), DIRECT, source))
        client.subscribe_port(self._port, address)
        client.unsubscribe_port(self._panic_port, address)
