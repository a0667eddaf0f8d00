"""A MIDI output through python-rtmidi, in a process of its own (see deliver.py)."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence

from drumatlas.errors import PortError
from drumatlas.midi.deliver import FRAME
from drumatlas.play.events import Event, Output

_START_S = 10  # a child that says nothing for that long will not


class RtMidiPort:
    """Opens `wanted` (a name without numbers), or a virtual port of our own for None."""

    guard_ns = 5_000_000  # what is due sooner may be sent before a withdrawal gets there
    delivery = "own process, absolute deadlines"

    def __init__(self, wanted: str | None, channels: tuple[int, ...], offset_ms: float = 0) -> None:
        command = [sys.executable, "-m", "drumatlas.midi.deliver", wanted or ""]
        self._process = subprocess.Popen(
            [*command, *map(str, channels)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in the terminal is ours, not the child's
        )
        self._offset_ns = round(offset_ms * 1_000_000)
        self.fault = ""
        self._reader = threading.Thread(target=self._listen, name="midi-out", daemon=True)
        self._said = threading.Event()
        self._error = ""
        self.name = wanted or "virtual"
        self._reader.start()
        if not self._said.wait(_START_S) or self._error:
            self._process.kill()
            self._process.communicate()
            raise PortError(self._error or f"MIDI output '{self.name}' does not answer")

    def _listen(self) -> None:
        """What the child says, until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            self._error = said.get("error", "")
            self.name = said.get("name", self.name)
            if said.get("missing"):
                self.delivery = f"{self.delivery}; refused: {said['missing']}"
            self.fault = said.get("fault", self.fault)
            self._said.set()
        if not self._said.is_set():
            self._error = f"MIDI output '{self.name}': the delivering process ended"
            self._said.set()

    def send(self, outputs: Sequence[Output]) -> None:
        """Hand messages to the child."""
        self._write(
            b"".join(
                FRAME.pack(output.at_ns + self._offset_ns, len(output.data)) + output.data
                for output in outputs
                if isinstance(output, Event)
            )
        )

    def withdraw(self, after_ns: int) -> None:
        """Take back what is due after `after_ns`."""
        self._write(FRAME.pack(after_ns + self._offset_ns, 0))

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            if data:
                self._process.stdin.write(data)
        except (OSError, ValueError):
            self.fault = f"{self.name}: the delivering process ended"

    def close(self) -> None:
        """Let the child deliver what it has, and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=1)
        self._process.stdout.close()
