"""The fast loop: asks the sequencer for the messages due soon and hands them to the port.

It never decodes, logs, or touches a file or a pin. The slow loop talks to the sequencer only, and
wakes this loop when something can't wait.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from drumatlas.play.port import OutputPort
from drumatlas.play.sequencer import Sequencer

# How far ahead messages are handed over. While leading this covers a machine that is busy for a
# tenth of a second; commands do not wait behind it. While following it is less, since each clock
# that arrives improves the estimate of the next.
LOOKAHEAD_NS = 120_000_000
FOLLOWING_NS = 30_000_000
PERIOD_NS = 20_000_000
STALL_NS = 50_000_000  # when later than this, time is skipped, not caught up in a burst


@dataclass(slots=True)
class Pulse:
    """When the performing thread last handed over messages (monotonic ns; 0: not yet), for a
    watchdog."""

    at_ns: int = 0


class Performer:
    """Runs a sequencer in real time on a thread of its own, and marks each round in `pulse`. The
    thread first calls `prepare` (to set its priority)."""

    def __init__(
        self,
        sequencer: Sequencer,
        port: OutputPort,
        prepare: Callable[[], object] = lambda: None,
        pulse: Pulse | None = None,
    ) -> None:
        self.sequencer = sequencer
        sequencer.can_rewind = True
        sequencer.lookahead_ns = LOOKAHEAD_NS
        sequencer.on_urgent = self.wake
        self._port = port
        self._prepare = prepare
        self._pulse = pulse or Pulse()
        self._is_running = True
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="performer", daemon=True)
        self.error: Exception | None = None  # a bug that ended the thread

    def start(self) -> None:
        """Begin to hand over messages. Musical time begins now, however long loading took."""
        self.sequencer.skip_to(time.monotonic_ns())
        self._thread.start()

    def wake(self) -> None:
        """Look at the sequencer at once, because a command is waiting."""
        self._wake.set()

    def close(self) -> None:
        """Stop the music (note-offs, clock Stop), then end the thread."""
        self.sequencer.stop()
        self._is_running = False
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        self.hand_over(time.monotonic_ns(), 0)
        if self.sequencer.is_urgent:  # the thread had ended before it could stop the music
            self.hand_over(time.monotonic_ns(), 0)

    def _run(self) -> None:
        try:
            self._prepare()
            while self._is_running:
                began_ns = time.monotonic_ns()
                self.hand_over(began_ns, LOOKAHEAD_NS)
                self._pulse.at_ns = began_ns
                left_ns = began_ns + PERIOD_NS - time.monotonic_ns()
                self._wake.wait(max(left_ns, 0) / 1e9)
                self._wake.clear()
        except Exception as error:  # handed to the slow loop, which ends the program
            self.error = error

    def hand_over(self, now_ns: int, lookahead_ns: int) -> None:
        """Hand over what is due within `lookahead_ns` of `now_ns`, as each round does."""
        sequencer = self.sequencer
        if now_ns - sequencer.horizon_ns > STALL_NS:
            sequencer.skip_to(now_ns)
        is_urgent = sequencer.is_urgent
        if is_urgent:
            # A command must not wait behind messages that were given out already: withdraw them.
            # The port comes first: anything that it sends meanwhile would be given out twice.
            back_ns = sequencer.rewindable(now_ns + self._port.guard_ns)
            self._port.withdraw(back_ns)
            sequencer.rewind(back_ns)
        ahead_ns = min(lookahead_ns, FOLLOWING_NS) if sequencer.is_following else lookahead_ns
        self._port.send(sequencer.advance(now_ns + ahead_ns, is_urgent))
