"""A fake of ALSA's sequencer, as AlsaPort and its watcher use it, on a virtual clock."""

import heapq
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from struct import Struct
from types import SimpleNamespace
from typing import Any

from drumatlas.midi.alsa.events import DIRECT, EVENT_SIZE
from drumatlas.play.events import Event
from support.alsa_library import alsa_or_skip
from support.virtual_wire import VirtualWire

alsa_midi = alsa_or_skip()

_HEAD = Struct("<BBBBIIBBBB")  # as in alsa/events.py
_PLAIN = {30: b"\xfa", 31: b"\xfb", 32: b"\xfc", 36: b"\xf8"}
_NOTES = {6: 0x90, 7: 0x80}


def message_of(event: bytes) -> bytes:
    kind, data = event[0], event[16:]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _NOTES:
        return bytes((_NOTES[kind] | data[0], data[1], data[2]))
    value = int.from_bytes(data[8:12], "little")
    if kind == 20:
        return bytes((0xF2, value & 0x7F, value >> 7))
    return bytes((0xB0 | data[0], data[4], value))


class Kernel:
    """The sequencer. `wire` has the time and the messages that its queue delivered; `heard` has
    those that reached the synth at an address, including those sent directly. `plug` announces a
    port to clients that listen by then; `unplug` ends its connections. Ports may share a name."""

    def __init__(self, wire: VirtualWire) -> None:
        self.wire = wire
        self.ports: dict[tuple[int, int], str] = {}
        self.heard: dict[tuple[int, int], list[bytes]] = {}
        self.listed: list[str] = []  # by which clients
        self.on_open: Callable[[str], object] = lambda _name: None
        self.on_list: Callable[[], object] = lambda: None
        self.on_connect: Callable[[], object] = lambda: None
        self._changes = 0  # of `ports`
        self._changed = threading.Condition()
        self._clients = 127
        self._open: list[FakeClient] = []

    def open(self, name: str) -> "FakeClient":
        self.on_open(name)
        self._clients += 1
        client = FakeClient(self, name, self._clients, self._changes)
        self._open.append(client)
        return client

    def wait_events(self, client: Any, seconds: float) -> Iterator[Any]:
        with self._changed:
            is_news = self._changed.wait_for(lambda: client.heard_of != self._changes, seconds)
            client.heard_of = self._changes
        if is_news:
            yield SimpleNamespace(type=alsa_midi.EventType.PORT_START)

    def run(self) -> None:
        """Take what every client has written; deliver what is due."""
        for client in self._open:
            client.run()

    def _announce(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def forget(self, client: "FakeClient") -> None:
        """Run without a client that has closed."""
        self._open = [one for one in self._open if one is not client]

    def plug(self, name: str, address: tuple[int, int]) -> None:
        self.ports[address] = name
        self.heard[address] = []
        self._announce()

    def unplug(self, address: tuple[int, int]) -> None:
        del self.ports[address]
        for client in self._open:
            client.disconnect(address)
        self._announce()


class FakeClient:
    def __init__(self, kernel: Kernel, name: str, number: int, heard_of: int) -> None:
        self.client_id, self._name, self._kernel = number, name, kernel
        self.heard_of = heard_of  # of the kernel's changes
        ours, self._other = socket.socketpair()
        self._socket = ours
        self._fd = ours.fileno()
        self._ports = 0
        self._unread = b""
        self._queue: list[tuple[int, int, bytes]] = []
        self._order = 0
        self._connected: dict[int, set[tuple[int, int]]] = {}  # by our port
        self._echoes = False
        for one in (ours, self._other):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)

    def set_client_pool_output(self, _size: int) -> None: ...

    def set_client_pool_input(self, _size: int) -> None:
        self._echoes = True

    def create_port(self, _name: str, *_args: Any, **_options: Any) -> Any:
        self._ports += 1
        return SimpleNamespace(client_id=self.client_id, port_id=self._ports)

    def list_ports(self, **_wanted: Any) -> list[Any]:
        self._kernel.listed.append(self._name)
        self._kernel.on_list()
        infos = []
        for (client, port), name in sorted(self._kernel.ports.items()):
            info = alsa_midi.PortInfo(client, port, name.split(":")[1], alsa_midi.WRITE_PORT)
            info.client_name = name.split(":")[0]
            infos.append(info)
        return infos

    def subscribe_port(self, sender: Any, dest: Any) -> None:
        if isinstance(dest, tuple):
            self._kernel.on_connect()
            self.run()
            self._connected.setdefault(sender.port_id, set()).add(dest)

    def unsubscribe_port(self, sender: Any, dest: tuple[int, int]) -> None:
        self.run()
        self._connected[sender.port_id].remove(dest)

    def disconnect(self, address: tuple[int, int]) -> None:
        for connected in list(self._connected.values()):
            connected.discard(address)

    def remove_events(self, _condition: Any, *, queue: Any, time: Any) -> None:
        assert queue is not None
        self.run()
        after_ns = time.seconds * 1_000_000_000 + time.nanoseconds
        self._queue = [one for one in self._queue if one[0] < after_ns]
        heapq.heapify(self._queue)

    def run(self) -> None:
        """Take what was written; deliver what is due."""
        while select.select([self._other], [], [], 0)[0]:
            self._unread += os.read(self._other.fileno(), 1 << 16)
        while len(self._unread) >= EVENT_SIZE:
            event, self._unread = self._unread[:EVENT_SIZE], self._unread[EVENT_SIZE:]
            _, _, _, queue, seconds, nanoseconds, _, port, _, _ = _HEAD.unpack(event[:16])
            if queue == DIRECT:
                self._hear(port, message_of(event))
                continue
            self._order += 1
            at_ns = seconds * 1_000_000_000 + nanoseconds
            heapq.heappush(self._queue, (at_ns, self._order, event))
        while self._queue and self._queue[0][0] <= self._kernel.wire.now_ns:
            at_ns, _, event = heapq.heappop(self._queue)
            data = message_of(event)
            self._kernel.wire.sent.append(Event(at_ns, data))
            self._hear(event[13], data)
            if self._echoes:
                os.write(self._other.fileno(), event)

    def _hear(self, port: int, data: bytes) -> None:
        for address in list(self._connected.get(port, ())):
            self._kernel.heard[address].append(data)

    def close(self) -> None:
        self._kernel.wire.now_ns = 1 << 62
        self.run()
        self._kernel.forget(self)
        self._socket.close()
        self._other.close()


class Clock:
    """A queue whose time is the virtual one."""

    resolution_hz, is_behind = 4000, False

    def __init__(self, _client: FakeClient, _hz: int = 0) -> None:
        self.queue = SimpleNamespace(queue_id=0)

    def stamp(self, at_ns: int) -> tuple[int, int]:
        return divmod(max(at_ns, 0), 1_000_000_000)

    def retune(self, _now_ns: int) -> None: ...

    def is_idle(self) -> bool:
        return True
