"""The child process that sends each MIDI message when it is due.

python -m drumatlas.midi.process.child OUT [CHANNEL...]

OUT is a port's name, "" for a virtual port, or uart:DEVICE. The child serves systems without ALSA's
sequencer (JACK, macOS) and UARTs. Here no decoder holds the interpreter's lock, and notes end even
if the parent crashes: when standard input ends, the child sends the messages it has, then a
note-off for each note that still sounds, and Stop.

Standard input carries frames (see frames.py). Standard output carries JSON lines {"name": ...},
{"fault": ...} or {"error": ...}. An error says why the port can't be opened at first; the child
tries again until the parent ends it.
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
from drumatlas.midi.process.destination import Destination, destination_for
from drumatlas.midi.process.frames import RECONNECTED, Frames
from drumatlas.midi.process.pending import Pending
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

_EXACT_NS = 700_000  # sleep, don't poll, this long before a message is due
_RETRY_S = 0.5  # between attempts to open a port that is not there yet
_CHECK_NS = 250_000_000  # how often to check whether the port is still there


def report(**values: str) -> None:
    """Send one JSON line to the parent."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


class Connection:
    """The connection to a destination, which is opened again when it comes back.

    Opening sends panic on `channels` (0 to 15) first. PortError if it can't be opened at first.
    """

    def __init__(
        self, wanted: str, channels: tuple[int, ...], destination: Destination | None = None
    ) -> None:
        self._destination = destination or destination_for(wanted)
        self._channels = channels  # grows when notes are sent on others
        self._is_there = True
        self._absence = ""  # the last one reported
        self._checked_ns = time.monotonic_ns()
        self._sounding: set[Key] = set()
        self._is_started = False
        self.name = self._open()

    def _open(self) -> str:
        name = self._destination.open()
        for event in panic(0, self._channels):  # end notes that a crashed run left hanging
            self._destination.send(event.data)
        return name

    def send(self, data: bytes) -> None:
        """Send a message now. If that fails, `check` opens the port again when it is back."""
        self._record(data)
        if self._is_there:
            try:
                self._destination.send(data)
            except Exception as error:
                self._lost(str(error))

    def pump(self, now_ns: int) -> int | None:
        """Send the bytes that are due on the line.

        Return when to call again, in monotonic ns; None if no bytes are waiting.
        """
        if self._is_there:
            try:
                return self._destination.pump(now_ns)
            except OSError as error:
                self._lost(error.strerror or str(error))
        return None

    def _record(self, data: bytes) -> None:
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
        self._destination.close()

    def _report(self, absence: str) -> None:
        self._absence = absence
        report(fault=f"{self.name}: {absence}")

    def check(self, now_ns: int) -> bool:
        """Check, four times a second, whether the port is still there, or back.

        Return whether it came back just now.
        """
        if now_ns - self._checked_ns < _CHECK_NS:
            return False
        self._checked_ns = now_ns
        is_there = self._destination.is_there()
        if self._is_there and not is_there:
            self._lost(self._destination.absence)
        elif is_there and not self._is_there:
            with contextlib.suppress(PortError):  # the fault stays, and the next check tries again
                self._open()
                self._is_there = True
                report(fault="")
                return True
        elif not is_there and self._destination.absence != self._absence:
            self._report(self._destination.absence)  # the server is back, the synth is not
        return False

    def close(self) -> None:
        """Send note-offs for notes that still sound, then close the destination."""
        for key in sorted(self._sounding):
            self.send(note_off(0, key).data)
        if self._is_started:
            self.send(STOP)
        with contextlib.suppress(OSError):  # unplugged
            self._destination.leave()


class Deliverer:
    """Reads frames from standard input and sends each message when it is due."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending = Pending()
        self._frames = Frames()
        self._is_open = True
        # Set while the port is back but the parent does not know yet. Messages from before must not
        # be sent: the receiver missed earlier ones and would play the beat at a wrong position.
        self._skips = False

    def run(self) -> None:
        """Run until standard input has ended and all messages are sent."""
        while (next_ns := self._pending.next_ns()) is not None or self._is_open:
            now_ns = time.monotonic_ns()
            line_ns = self._connection.pump(now_ns)
            due_ns = now_ns + _CHECK_NS if next_ns is None else next_ns
            if due_ns - now_ns > _EXACT_NS:
                self._skips |= self._connection.check(now_ns)
                self._wait(now_ns, due_ns - _EXACT_NS, line_ns)
            elif line_ns is not None and line_ns < due_ns:
                self._wait(now_ns, due_ns, line_ns)
            else:
                if due_ns > now_ns:
                    # CPython sleeps to an absolute deadline of the monotonic clock (since 3.11).
                    time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
                message = self._pending.pop(time.monotonic_ns())
                if message and not (self._skips and kind(message) != NOTE_OFF):
                    self._connection.send(message)

    def _wait(self, now_ns: int, until_ns: int, line_ns: int | None) -> None:
        """Wait until `until_ns`, until the line is free at `line_ns`, or until a frame arrives."""
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
                self._skips &= message != RECONNECTED
            if not self._is_open:
                self._pending.settle()


def connect(wanted: str, channels: tuple[int, ...]) -> Connection | None:
    """Return the connection once the port can be opened; None if the parent gives up.

    The child waits here instead of ending, since starting a process takes a small machine a second.
    """
    error = ""
    destination: Destination | None = None
    while True:
        try:
            destination = destination or destination_for(wanted)
            return Connection(wanted, channels, destination)
        except PortError as caught:
            if str(caught) != error:
                error = str(caught)
                report(error=error)
        # The parent writes nothing before it knows the port's name, so input means that it ended.
        if select.select([0], [], [], _RETRY_S)[0]:
            if destination:
                destination.leave()
            return None


def main(arguments: list[str]) -> int:
    """Run for a parent that holds the other ends of our pipes; return the exit code."""
    # Logging out, or stopping a service, signals the parent and us. Ignore that, since the parent's
    # note-offs are yet to come. We end when its pipe ends.
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    connection = connect(arguments[0], tuple(map(int, arguments[1:])))
    if connection is None:
        return 2
    report(name=connection.name, missing=", ".join([*request_realtime(), *lock_memory()]))
    gc.collect()
    gc.freeze()
    try:
        Deliverer(connection).run()
    finally:
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
