"""The fast loop: asks the sequencer for what is due soon and hands it to the port.

It never decodes, logs, or touches a file or a pin. The slow loop talks to the sequencer only.
"""

import threading
import time

from drumatlas.midi.port import OutputPort
from drumatlas.play.sequencer import Sequencer

LOOKAHEAD_NS = 20_000_000  # how far ahead messages are handed over; also a command's latency
PERIOD_NS = 5_000_000
STALL_NS = 50_000_000  # later than this, time is skipped instead of made up for in a burst


class Performer:
    """Runs a sequencer against real time on its own thread. `first_clock_ns` is for benchmarks."""

    def __init__(self, sequencer: Sequencer, port: OutputPort) -> None:
        self.sequencer = sequencer
        self._port = port
        self._is_running = True
        self._thread = threading.Thread(target=self._run, name="performer", daemon=True)
        self.error: Exception | None = None  # a bug that ended the thread

    def start(self) -> None:
        """Begin handing over messages; what is due begins now, however long loading took."""
        self.sequencer.skip_to(time.monotonic_ns())
        self._thread.start()

    def close(self) -> None:
        """Stop the music (note-offs, clock Stop), then end the thread."""
        self.sequencer.stop()
        self._is_running = False
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        self._port.send(self.sequencer.advance(time.monotonic_ns()))

    def _run(self) -> None:
        try:
            self._perform()
        except Exception as error:  # handed to the slow loop, which ends the program
            self.error = error

    def _perform(self) -> None:
        wake_ns = time.monotonic_ns()
        while self._is_running:
            now_ns = time.monotonic_ns()
            if now_ns - self.sequencer.horizon_ns > STALL_NS:
                self.sequencer.skip_to(now_ns)
            self._port.send(self.sequencer.advance(now_ns + LOOKAHEAD_NS))
            # Absolute deadlines; one that was missed by far is not made up for.
            wake_ns = max(wake_ns + PERIOD_NS, now_ns)
            time.sleep(max(wake_ns - time.monotonic_ns(), 0) / 1e9)
