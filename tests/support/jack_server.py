"""A JACK server without hardware, and a client that records what is played to it."""

import contextlib
import ctypes
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drumatlas.midi.rtmidi.api import open_client
from drumatlas.midi.rtmidi.bindings import Client, RtMidi
from drumatlas.play.events import Event

needs_jack = [
    pytest.mark.jack,
    pytest.mark.skipif(not shutil.which("jackd"), reason="no jackd; apt install jackd2"),
]
_QUEUE = 1 << 16  # messages that RtMidi keeps while nobody fetches them
_POLL_S = 0.002


def jack_client(name: str, *, output: bool) -> Client:
    """Another client of the JACK server, through whichever binding is installed."""
    return open_client(output=output, name=name, systems=("jack",))[0]


def serve(name: str, *, waits: bool = False) -> "subprocess.Popen[bytes]":
    """Start a server called `name`.

    It goes on without a client that is late in a period, and loses what that client sent. With
    `waits` it loses nothing, but waits for minutes for a client that was killed.
    """
    command = ["jackd", *(["-S"] if waits else []), "-t", "5000", "-n", name]
    command += ["-d", "dummy", "-r", "48000", "-p", "128"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def serving(*, waits: bool = False) -> Iterator[None]:
    """Run a server of our own, to which JACK_DEFAULT_SERVER is set; see `serve` for `waits`."""
    name = f"drumatlas-test-{os.getpid()}{'-waits' if waits else ''}"
    server = serve(name, waits=waits)
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name
    os.environ["JACK_NO_START_SERVER"] = "1"
    try:
        yield
    finally:
        server.terminate()
        server.wait(10)
        os.environ.pop("JACK_DEFAULT_SERVER")
        if before is not None:
            os.environ["JACK_DEFAULT_SERVER"] = before


def _open_queue(name: str) -> Any:
    """A client that collects in RtMidi's own queue: no Python runs in JACK's thread."""
    rtmidi = RtMidi()
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    client = rtmidi._module.MidiIn(rtmidi.find_system("jack"), name, _QUEUE)
    client.get_port_count()  # without a server it fails only now
    client.ignore_types(False, False, False)
    return client


class Recorder:
    """A second client with a virtual input that others can play to, or that listens to a port.

    `events` is in order of arrival. The times are those of JACK's periods, on our clock: RtMidi
    gives the time between two messages; the quickest fetch so far says when that was.
    """

    def __init__(self, name: str = "recorder") -> None:
        self._name = name
        self.events: list[Event] = []
        self.passes_on: Callable[[bytes], None] = lambda _: None  # called with each one
        self._missed = MissedPeriods()
        self._connect()

    def _connect(self) -> None:
        deadline = time.monotonic() + 10
        while True:  # until the server is up
            try:
                queue = _open_queue(self._name)
                break
            except Exception as error:  # each binding has classes of its own
                assert time.monotonic() < deadline, f"jackd did not start: {error}"
                time.sleep(0.1)
        self._missed.watch()
        self._queue: Any = queue
        self.client = Client(RtMidi()._binding, queue)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._fetch, args=(queue, self._is_over))
        self._thread.daemon = True
        self._thread.start()

    def _fetch(self, queue: Any, is_over: threading.Event) -> None:
        since_first_ns = last_ns = 0
        began_ns: int | None = None  # when the first one came, at the latest
        while True:
            is_last = is_over.is_set()
            while given := queue.get_message():
                message, delta_s = given
                now_ns = time.monotonic_ns()
                since_first_ns += round(delta_s * 1e9)
                began_ns = min(now_ns - since_first_ns, began_ns or now_ns)
                last_ns = max(began_ns + since_first_ns, last_ns)
                self.events.append(Event(last_ns, bytes(byte & 0xFF for byte in message)))
                self.passes_on(self.events[-1].data)
            if is_last:
                return
            time.sleep(_POLL_S)

    @property
    def missed(self) -> str:
        """Return in how many periods a client was late: messages may be missing from the record."""
        return self._missed.words()

    def unplug(self) -> None:
        """Take its ports away."""
        self._is_over.set()
        self._thread.join()
        self._missed.rest()
        self.client.close_port()
        self.client.delete()

    def plug(self, name: str) -> None:
        """Come back with a virtual input."""
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


# Kept for good: a test that fails may leave its client behind, and JACK goes on counting.
_SEMAPHORES: list[object] = []


class MissedPeriods:
    """Counts what JACK calls xruns: periods that a client, or the server, was too late for. What
    was to be heard in one of them may not be in a record, however well the box has played."""

    def __init__(self) -> None:
        self._jack = ctypes.CDLL("libjack.so.0")
        self._jack.jack_client_open.restype = ctypes.c_void_p
        # JACK calls `sem_post(semaphore)`. A Python function would wait for the interpreter, which
        # may be waiting for JACK.
        self._libc = ctypes.CDLL(None)
        self._semaphore = ctypes.create_string_buffer(64)
        self._libc.sem_init(self._semaphore, 0, 0)
        _SEMAPHORES.append(self._semaphore)
        self._client: int | None = None

    @property
    def count(self) -> int:
        """Return how many there were."""
        value = ctypes.c_int()
        self._libc.sem_getvalue(self._semaphore, ctypes.byref(value))
        return value.value

    def watch(self) -> None:
        """Count, while the server runs."""
        no_start = 1
        self._client = self._jack.jack_client_open(b"xruns", no_start, None)
        assert self._client, "no second client of JACK's"
        client = ctypes.c_void_p(self._client)
        self._jack.jack_set_xrun_callback(client, self._libc.sem_post, self._semaphore)
        self._jack.jack_activate(client)

    def rest(self) -> None:
        """Leave the server."""
        client, self._client = self._client, None
        if client:
            self._jack.jack_client_close(ctypes.c_void_p(client))

    def words(self) -> str:
        """Return whether JACK may be why a record lacks something."""
        if not self.count:
            return "JACK missed no period: what the record lacks, the box did not send"
        return f"JACK missed {self.count} periods: the recorder may have lost what was sent in them"
