"""A MIDI output in a process of its own (see deliver.py), which is started again if it ends."""

import threading
import time
from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi.port import guarded_ns
from drumatlas.midi.process.frames import REJOINED, SETTLED, WITHDRAW, pack
from drumatlas.midi.process.sender import Sender
from drumatlas.midi.rejoin import Rejoin
from drumatlas.play.events import Event, Output
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

_START_S = 10  # a child that says nothing for that long will not
_PAUSES_S = (0, 0, 0.25, 0.5, 1)  # before the first process, and after so many that ended early
_MOST_PAUSE_S = 2.0
_STEADY_S = 10  # one that lived for so long did not end early


class ProcessPort:
    """Opens `wanted` (a name without numbers), or a virtual port of our own for None.

    With `waits` it need not be there yet. The performer only writes into a pipe, and never waits
    for it; a thread of our own hears what the process says, and starts another when it ends.
    """

    delivery = "own process, absolute deadlines"

    def __init__(
        self,
        wanted: str | None,
        channels: tuple[int, ...],
        offset_ms: float = 0,
        *,
        waits: bool = False,
    ) -> None:
        self._wanted, self._channels, self._waits = wanted or "", channels, waits
        self._offset_ns = round(offset_ms * 1_000_000)
        self.guard_ns = guarded_ns(self._offset_ns)
        self.fault = ""
        self.name = wanted or "virtual"
        self._rejoin = Rejoin()
        self._is_back = False  # since a withdrawal, until what comes again was sent
        self._sender: Sender | None = None  # who takes messages
        self._arrivals = self._greeted = 0  # how often a port came (back); known to the performer
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._started: Sender | None = None  # the last one, whether it takes messages or not
        self._said = threading.Event()
        self._thread = threading.Thread(target=self._attend, name="midi-out", daemon=True)
        self._thread.start()
        is_silent = not self._said.wait(_START_S)
        if (is_silent or self.fault) and not waits:
            self._leave(kills=is_silent)
            raise PortError(self.fault or f"MIDI output '{self.name}' does not answer")

    def send(self, outputs: Sequence[Output]) -> None:
        """Hand messages to the process, if there is one."""
        events: list[Event] = []
        frames: list[bytes] = []
        if self._arrivals != self._greeted:
            if self._greeted:
                frames.append(pack(0, REJOINED))
            self._greeted = self._arrivals
            events = self._rejoin.lost()
        frames += [
            pack(event.at_ns + self._offset_ns, event.data)
            for event in (*events, *self._rejoin.sift(outputs))
        ]
        if self._is_back:
            self._is_back = False
            frames.append(pack(0, SETTLED))
        self._write(b"".join(frames))

    def withdraw(self, after_ns: int) -> None:
        """Take back what is due after `after_ns`."""
        self._rejoin.withdraw(after_ns)
        self._write(pack(after_ns + self._offset_ns, WITHDRAW))
        self._is_back = True

    def _write(self, data: bytes) -> None:
        sender = self._sender
        if data and sender and not sender.write(data):
            self._sender = None
            sender.kill()  # if it lives, it hangs

    def close(self) -> None:
        """Let the process deliver what it has, and wait for it."""
        self._leave(kills=False)

    def _leave(self, kills: bool) -> None:
        self._is_over.set()
        with self._lock:
            sender = self._started
        if sender:
            sender.kill() if kills else sender.close()
        self._thread.join(timeout=_START_S)

    def _attend(self) -> None:
        """Start a process, hear what it says until it ends; and so on."""
        request_realtime(SLOW_PRIORITY)
        failures = 0
        ended: list[Sender] = []
        while not self._is_over.wait(_pause(failures)):
            began = time.monotonic()
            sender = self._start()
            if sender:
                self._hear(sender)
                self._sender = None
                ended.append(sender)
                sender.bury()
            if len(ended) > 1:  # the performer may be about to write into the last one's pipe
                ended.pop(0).release()
            if not (self._arrivals or self._waits):
                break  # it never was there, which is a PortError
            failures = 1 if time.monotonic() - began > _STEADY_S else failures + 1
        for sender in ended:
            sender.release()

    def _start(self) -> Sender | None:
        """A new process; None if the system gives none now, or we are over."""
        channels = self._rejoin.channels(self._channels)
        with self._lock:
            if self._is_over.is_set():
                return None
            try:
                self._started = sender = Sender(self._wanted, channels)
            except (OSError, MemoryError) as error:
                why = getattr(error, "strerror", None) or type(error).__name__
                self.fault = f"{self.name}: no process to deliver is to be had ({why}); tried again"
                self._said.set()
                return None
        return sender

    def _hear(self, sender: Sender) -> None:
        """Take what one process says."""
        error = ended = f"{self.name}: the delivering process ended; another one is started"
        for said in sender.says():
            if "error" in said:  # it tries again
                self.fault = error = said["error"]
                self._said.set()
            if "name" in said:
                self._take_on(sender, said)
                error = ended
            if "fault" in said:
                self.fault = said["fault"]
                self._arrivals += not said["fault"]
        self.fault = error
        self._said.set()

    def _take_on(self, sender: Sender, said: dict[str, str]) -> None:
        """It is ready: from now on it gets the messages."""
        self.name = said["name"]
        if said.get("missing"):
            self.delivery = f"{ProcessPort.delivery}; refused: {said['missing']}"
        is_lonely = not self._wanted and self._arrivals > 0
        self.fault = f"{self.name}: was started anew; connect the synth again" if is_lonely else ""
        self._sender = sender  # first: the ends of notes that the next `send` gives must reach it
        self._arrivals += 1
        self._said.set()


def _pause(failures: int) -> float:
    return _PAUSES_S[failures] if failures < len(_PAUSES_S) else _MOST_PAUSE_S
