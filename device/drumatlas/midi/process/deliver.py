"""A process of its own that sends each MIDI message at its time.

python -m drumatlas.midi.process.deliver OUT [CHANNEL...]

OUT: a port's name, "" for a virtual one, or uart:DEVICE. For systems without ALSA's sequencer
(JACK, macOS), and for UARTs. In a process of its own no decoder holds the interpreter,
and whatever becomes of the parent, its notes end: when standard input ends, what was taken is
delivered, then what still sounds is ended and Stop is sent.

Standard input: frames (see frames.py). Standard output: JSON lines {"name": ...},
{"fault": ...} or {"error": ...}. An error says why the port can't be opened at first; that is tried
again until the parent ends the process.
"""

import contextlib
import gc
import json
import os
import select
import signal
import sys
import time

from drumatlas.errors import PortError
from drumatlas.midi.process.frames import REJOINED, Frames
from drumatlas.midi.process.pending import Pending
from drumatlas.midi.process.wires import Wire, wire_to
from drumatlas.play.events import (
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    START,
    STOP,
    Key,
    channel,
    kind,
    note_key,
    note_off,
    panic,
)
from drumatlas.realtime import lock_memory, request_realtime

_EXACT_NS = 700_000  # the last stretch before a message is slept, not polled
_RETRY_S = 0.5  # between attempts to open a port that was not there yet
_LOOK_NS = 250_000_000  # how often the system is asked whether the port is still there


def tell(**what: str) -> None:
    """One JSON line to the parent."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Connection:
    """The port: opened by name, opened again when it comes back."""

    def __init__(self, wanted: str, channels: tuple[int, ...], wire: Wire | None = None) -> None:
        self._wire = wire or wire_to(wanted)
        self._channels = channels  # and those that notes were sent on since
        self._is_there = True
        self._absence = ""  # as it was last reported
        self._looked_ns = time.monotonic_ns()
        self._sounding: set[Key] = set()
        self._is_started = False
        self.name = self._open()

    def _open(self) -> str:
        name = self._wire.open()
        for event in panic(0, self._channels):  # what a crashed run left hanging ends here
            self._wire.send(event.data)
        return name

    def send(self, data: bytes) -> None:
        """Send now; a port that fails is looked for again."""
        self._note(data)
        if self._is_there:
            try:
                self._wire.send(data)
            except Exception as error:
                self._lost(str(error))

    def pump(self, now_ns: int) -> int | None:
        """Send what waits for the line; when to call again, None if nothing waits."""
        if self._is_there:
            try:
                return self._wire.pump(now_ns)
            except OSError as error:
                self._lost(error.strerror or str(error))
        return None

    def _note(self, data: bytes) -> None:
        if kind(data) == NOTE_ON:
            self._sounding.add(note_key(data))
            if channel(data) not in self._channels:
                self._channels = (*self._channels, channel(data))
        elif kind(data) == NOTE_OFF:
            self._sounding.discard(note_key(data))
        elif data in {START, CONTINUE, STOP}:
            self._is_started = data != STOP

    def _lost(self, why: str) -> None:
        self._is_there = False
        self._report(why)
        self._wire.close()

    def _report(self, absence: str) -> None:
        self._absence = absence
        tell(fault=f"{self.name}: {absence}")

    def look(self, now_ns: int) -> bool:
        """Every quarter of a second: is the port still there, or back? Return whether it came
        back just now."""
        if now_ns - self._looked_ns < _LOOK_NS:
            return False
        self._looked_ns = now_ns
        is_there = self._wire.is_there()
        if self._is_there and not is_there:
            self._lost(self._wire.absence)
        elif is_there and not self._is_there:
            with contextlib.suppress(PortError):  # it is reported as lost, and looked for again
                self._open()
                self._is_there = True
                tell(fault="")
                return True
        elif not is_there and self._wire.absence != self._absence:
            self._report(self._wire.absence)  # the server is back, the synth is not
        return False

    def close(self) -> None:
        """End what still sounds, then let go."""
        for key in sorted(self._sounding):
            self.send(note_off(0, key).data)
        if self._is_started:
            self.send(STOP)
        with contextlib.suppress(OSError):  # unplugged
            self._wire.leave()


class Deliverer:
    """Frames in, messages out at their times."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending = Pending()
        self._frames = Frames()
        self._is_open = True
        # The port is back, but the parent does not know yet. What it gave before is of no use to a
        # receiver that lacks the messages before that: it would hear a beat without its place.
        self._rejoins = False

    def run(self) -> None:
        """Until standard input ends and all is delivered."""
        while (next_ns := self._pending.next_ns()) is not None or self._is_open:
            now_ns = time.monotonic_ns()
            line_ns = self._connection.pump(now_ns)
            due_ns = now_ns + _LOOK_NS if next_ns is None else next_ns
            if due_ns - now_ns > _EXACT_NS:
                self._rejoins |= self._connection.look(now_ns)
                self._wait(now_ns, due_ns - _EXACT_NS, line_ns)
            elif line_ns is not None and line_ns < due_ns:
                self._wait(now_ns, due_ns, line_ns)
            else:
                if due_ns > now_ns:
                    # CPython sleeps to an absolute deadline of the monotonic clock (since 3.11).
                    time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
                message = self._pending.pop(time.monotonic_ns())
                if message and not (self._rejoins and kind(message) != NOTE_OFF):
                    self._connection.send(message)

    def _wait(self, now_ns: int, until_ns: int, line_ns: int | None) -> None:
        """Until then, until the line takes more, or until something comes in."""
        if line_ns is not None:
            until_ns = min(until_ns, line_ns)
        seconds = max(until_ns - now_ns, 0) / 1e9
        if not self._is_open:
            time.sleep(seconds)
        elif select.select([0], [], [], seconds)[0]:
            data = os.read(0, 1 << 16)
            self._is_open = bool(data)
            for at_ns, message in self._frames.feed(data):
                self._pending.take(at_ns, message)
                self._rejoins &= message != REJOINED
            if not self._is_open:
                self._pending.settle()


def connect(wanted: str, channels: tuple[int, ...]) -> Connection | None:
    """Return the port once it can be opened; None if the parent gives up. It is waited for in here,
    since starting a process costs a small machine a second of its time."""
    error = ""
    wire: Wire | None = None
    while True:
        try:
            wire = wire or wire_to(wanted)
            return Connection(wanted, channels, wire)
        except PortError as caught:
            if str(caught) != error:
                error = str(caught)
                tell(error=error)
        if select.select([0], [], [], _RETRY_S)[0]:  # it writes nothing before it knows a name
            if wire:
                wire.leave()
            return None


def main(arguments: list[str]) -> int:
    """Run for a parent that holds the other ends of our pipes."""
    # The parent's business: who logs out, or stops a service, signals us both, and the parent's
    # note-offs are yet to come. Ours ends with its pipe.
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    connection = connect(arguments[0], tuple(map(int, arguments[1:])))
    if connection is None:
        return 2
    tell(name=connection.name, missing=", ".join([*request_realtime(), *lock_memory()]))
    gc.collect()
    gc.freeze()
    try:
        Deliverer(connection).run()
    finally:
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
