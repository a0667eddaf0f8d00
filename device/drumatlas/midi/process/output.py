"""A MIDI output whose messages a child process sends (see child.py).

If the child ends, another is started.
"""

import threading
import time
from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi.port import guarded_ns
from drumatlas.midi.process.frames import RECONNECTED, SETTLED, WITHDRAW, pack
from drumatlas.midi.process.handle import ChildHandle
from drumatlas.midi.resync import Resync
from drumatlas.play.events import Event, Output
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

_START_S = 10  # a child that has reported nothing by then never will
_PAUSES_S = (0, 0, 0.25, 0.5, 1)  # pause by number of children that ended early
_MAX_PAUSE_S = 2.0
_STEADY_S = 10  # a child that ran longer did not end early


class ProcessPort:
    """Sends to `wanted`, a port's name without numbers, or for None to a virtual port.

    Panic and notes go out on `channels` (0 to 15), each message `offset_ms` after it is due. Raises
    PortError if the port can't be opened; with `waits`, it is waited for. The performer only writes
    into a pipe and never blocks. A thread reads the child's reports and starts another child if
    it ends.
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
        self._resync = Resync()
        self._is_withdrawn = False  # from a withdrawal until its replacements are sent
        self._child: ChildHandle | None = None  # the one that takes messages
        self._connections = 0  # how often a port was opened, counted by the thread
        self._resynced = 0  # how many of these the performer has handled
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._started: ChildHandle | None = None  # the last one, whether it takes messages or not
        self._reported = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi-out", daemon=True)
        self._thread.start()
        is_silent = not self._reported.wait(_START_S)
        if (is_silent or self.fault) and not waits:
            self._end(kills=is_silent)
            raise PortError(self.fault or f"MIDI output '{self.name}' does not answer")

    def send(self, outputs: Sequence[Output]) -> None:
        """Give messages to the child, if there is one."""
        events: list[Event] = []
        frames: list[bytes] = []
        if self._connections != self._resynced:
            if self._resynced:
                frames.append(pack(0, RECONNECTED))
            self._resynced = self._connections
            events = self._resync.after_loss()
        frames += [
            pack(event.at_ns + self._offset_ns, event.data)
            for event in (*events, *self._resync.filter(outputs))
        ]
        if self._is_withdrawn:
            self._is_withdrawn = False
            frames.append(pack(0, SETTLED))
        self._write(b"".join(frames))

    def withdraw(self, after_ns: int) -> None:
        """Withdraw the messages due after `after_ns` (monotonic ns)."""
        self._resync.withdraw(after_ns)
        self._write(pack(after_ns + self._offset_ns, WITHDRAW))
        self._is_withdrawn = True

    def _write(self, data: bytes) -> None:
        child = self._child
        if data and child and not child.write(data):
            self._child = None
            child.kill()  # it hangs, unless it has ended

    def close(self) -> None:
        """Let the child send the messages it has, and wait for its end."""
        self._end(kills=False)

    def _end(self, kills: bool) -> None:
        self._is_over.set()
        with self._lock:
            child = self._started
        if child:
            child.kill() if kills else child.close()
        self._thread.join(timeout=_START_S)

    def _run(self) -> None:
        """Start a child, read its reports until it ends, and start the next one."""
        request_realtime(SLOW_PRIORITY)
        failures = 0
        ended: list[ChildHandle] = []
        while not self._is_over.wait(_pause(failures)):
            began = time.monotonic()
            child = self._start()
            if child:
                self._read_reports(child)
                self._child = None
                ended.append(child)
                child.reap()
            # Leave the last child's pipe open: the performer may be about to write into it.
            if len(ended) > 1:
                ended.pop(0).close_pipe()
            if not (self._connections or self._waits):
                break  # the port was never there, so __init__ raises PortError
            failures = 1 if time.monotonic() - began > _STEADY_S else failures + 1
        for child in ended:
            child.close_pipe()

    def _start(self) -> ChildHandle | None:
        """Start a child; return None if the system has no resources or the port was closed."""
        channels = self._resync.channels(self._channels)
        with self._lock:
            if self._is_over.is_set():
                return None
            try:
                self._started = child = ChildHandle(self._wanted, channels)
            except (OSError, MemoryError) as error:
                why = getattr(error, "strerror", None) or type(error).__name__
                self.fault = f"{self.name}: cannot start the sending process ({why}); trying again"
                self._reported.set()
                return None
        return child

    def _read_reports(self, child: ChildHandle) -> None:
        """Follow the reports of a child until it ends."""
        error = ended = f"{self.name}: the sending process ended; starting another"
        for report in child.reports():
            if "error" in report:  # the child tries again
                self.fault = error = report["error"]
                self._reported.set()
            if "name" in report:
                self._use(child, report)
                error = ended
            if "fault" in report:
                self.fault = report["fault"]
                self._connections += not report["fault"]
        self.fault = error
        self._reported.set()

    def _use(self, child: ChildHandle, report: dict[str, str]) -> None:
        """Send messages to the child from now on, since its port is open."""
        self.name = report["name"]
        if report.get("missing"):
            self.delivery = f"{ProcessPort.delivery}; refused: {report['missing']}"
        is_unconnected = not self._wanted and self._connections > 0
        self.fault = f"{self.name}: was restarted; reconnect the synth" if is_unconnected else ""
        # Set the child before counting: the note-offs of the next `send` must reach it.
        self._child = child
        self._connections += 1
        self._reported.set()


def _pause(failures: int) -> float:
    return _PAUSES_S[failures] if failures < len(_PAUSES_S) else _MAX_PAUSE_S
