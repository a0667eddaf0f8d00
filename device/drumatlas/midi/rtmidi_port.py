"""A MIDI output through python-rtmidi, with a thread that sends each message at its time."""

import heapq
import threading
import time
from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi.rtmidi_api import open_client, plain_name
from drumatlas.play.events import Event, Output, panic

_COARSE_NS = 1_500_000  # the lock's wake-up may be late by this; the rest is slept exactly
_LATE_NS = 2_000_000_000  # what is later than this is old news (the machine slept)


class RtMidiPort:
    """Opens `port` (a name without numbers), or a virtual port of our own for None."""

    def __init__(self, port: str | None, channels: tuple[int, ...]) -> None:
        self._client, self.system = open_client(output=True)
        try:
            self.name = self._open(port)
        except PortError:
            self._client.delete()
            raise
        self.fault = ""
        self._due: list[tuple[int, int, bytes]] = []
        self._order = 0
        self._is_open = True
        self._changed = threading.Condition()
        # A note left hanging by a crashed run ends here.
        self.send(panic(time.monotonic_ns(), channels))
        self._thread = threading.Thread(target=self._deliver, name="midi-out", daemon=True)
        self._thread.start()

    def _open(self, port: str | None) -> str:
        if port is None:
            try:
                self._client.open_virtual_port("out")
            except Exception as error:
                raise PortError(f"no virtual MIDI port on this system: {error}") from None
            return f"drumatlas (virtual, {self.system})"
        names: list[str] = self._client.get_ports()
        index = match_port(port, names)
        try:
            self._client.open_port(index, name="out")
        except Exception as error:
            raise PortError(f"MIDI output '{port}' can't be opened: {error}") from None
        return plain_name(names[index])

    def send(self, outputs: Sequence[Output]) -> None:
        """Take messages; the thread sends each when it is due."""
        with self._changed:
            for output in outputs:
                if isinstance(output, Event):
                    self._order += 1
                    heapq.heappush(self._due, (output.at_ns, self._order, output.data))
            self._changed.notify()

    def close(self) -> None:
        """Send what is left at its time, then close."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self._thread.join(timeout=5)
        self._client.close_port()
        self._client.delete()

    def _deliver(self) -> None:
        while True:
            message = self._next()
            if message is None:
                return
            try:
                self._client.send_message(message)
                self.fault = ""
            except Exception as error:  # the port went away: the beat goes on without it
                self.fault = f"{self.name}: {error}"

    def _next(self) -> bytes | None:
        """The next message, when it is due; None once closed and empty."""
        while True:
            with self._changed:
                if not self._due:
                    if not self._is_open:
                        return None
                    self._changed.wait()
                    continue
                at_ns = self._due[0][0]
                wait_ns = at_ns - time.monotonic_ns()
                if wait_ns > _COARSE_NS:
                    self._changed.wait((wait_ns - _COARSE_NS) / 1e9)
                    continue
                _, _, data = heapq.heappop(self._due)
            # time.sleep waits on the monotonic clock to an absolute deadline (CPython >= 3.11).
            remaining = at_ns - time.monotonic_ns()
            if remaining > 0:
                time.sleep(remaining / 1e9)
            if remaining > -_LATE_NS or data[0] < 0xF0:
                return data


def match_port(wanted: str, names: list[str]) -> int:
    """Index of the port that `wanted` names: exactly, else the only one that contains it.

    Case does not matter. PortError lists what there is.
    """
    plain = [plain_name(name).casefold() for name in names]
    want = plain_name(wanted).casefold()
    if want in plain:
        return plain.index(want)
    holding = [i for i, name in enumerate(plain) if want in name]
    if len(holding) == 1:
        return holding[0]
    there = ", ".join(f"'{plain_name(name)}'" for name in names) or "none"
    what = "fits several" if holding else "is not there"
    raise PortError(f"MIDI output '{wanted}' {what}; outputs: {there}")
