"""A queue of ALSA's sequencer whose time is tied to the monotonic clock.

The kernel delivers each event of a queue at its time stamp, whatever Python is doing. Its timer
checks the queue 1,000 times a second by default and 6,250 times at most. If the timer's interrupts
are too frequent for the machine, the queue's time falls behind.
"""

import select
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from drumatlas.errors import PortError
from drumatlas.midi.missing import does_not_load

RATES_HZ = (6250, 4000, 2500, 1000)
_MODEST_HZ = 4000
_FIRST_READINGS = 16  # readings for the first measurement; the quickest is the most exact
_READINGS = 3  # readings for each later one
_SLOW_NS = 500_000  # a reading that took longer is too inexact
_RETUNE_NS = 200_000_000
_SHARE = 0.1  # of a measured difference to correct, so that one bad reading does little harm
_JUMP_NS = 5_000_000  # correct a larger difference at once: the machine has paused
_BEHIND_NS = 2_000_000  # the timer is too fast if the queue is this far off...
_BEHIND_TIMES = 3  # ...in so many readings in a row
_OVERLOADED_NS = 1_000_000  # the interrupts overload the machine if a reading takes this long...
_OVERLOADED_TIMES = 5  # ...so many times in a row
_CHUNK, _CHUNKS = 12_000, 41  # turns of the timed loop, and how often it is timed
_MAX_SHARE = 0.2  # of a core that interrupts may take at the fastest rate


def import_alsa() -> Any:
    """Return the package alsa-midi; PortError if it or a library that it needs is missing."""
    try:
        import alsa_midi  # noqa: PLC0415 - Linux only, and only if MIDI is used
    except (ImportError, OSError) as error:
        raise does_not_load("alsa-midi", error) from None
    return alsa_midi


def open_sequencer(name: str) -> Any:
    """Open a client of ALSA's sequencer; PortError if the kernel has no sequencer."""
    alsa = import_alsa()
    try:
        return alsa.SequencerClient(name)
    except alsa.exceptions.Error as error:
        raise PortError(f"cannot open ALSA's sequencer ({error})", "modprobe snd-seq") from None


def wait_events(client: Any, seconds: float, prefer_bytes: bool = False) -> Iterator[Any]:
    """Wait up to `seconds` for an event to `client`, then yield all that are there.

    The library's event_input(timeout=...) takes seconds for milliseconds and spins. One read takes
    several events from the kernel, so the library must also be asked for those that it holds; the
    file descriptor does not show them.
    """
    if not select.select([client._fd], [], [], seconds)[0]:
        return
    alsa = import_alsa()
    has_more = True
    while has_more:
        try:
            yield client.event_input(prefer_bytes=prefer_bytes)
        except alsa.exceptions.Error:  # an overrun: events were dropped
            return
        has_more = client.event_input_pending() > 0


class QueueClock:
    """A running queue of `client`. Converts monotonic ns to the queue's time and back."""

    def __init__(self, client: Any, resolution_hz: int = RATES_HZ[0]) -> None:
        self._alsa = import_alsa()
        self.queue = client.create_queue("drumatlas")
        try:
            timer = self.queue.get_timer()
            timer.resolution = resolution_hz
            self.queue.set_timer(timer)
            self.resolution_hz = resolution_hz
        except self._alsa.exceptions.Error:  # an old kernel: a grid of 1 ms, but still no drift
            self.resolution_hz = 0
        self.queue.start()
        client.drain_output()
        self._offset_ns = min(self._measure() for _ in range(_FIRST_READINGS))[1]
        self._measured_ns = time.monotonic_ns()
        self._behind = 0
        self._overloaded = 0

    @property
    def is_behind(self) -> bool:
        """Whether the machine can't keep up with this timer."""
        return self._behind >= _BEHIND_TIMES or self._overloaded >= _OVERLOADED_TIMES

    def is_idle(self) -> bool:
        """Return whether the queue is empty."""
        return int(self.queue.get_status().events) == 0

    def close(self) -> None:
        """Delete the queue and its timer."""
        self.queue.close()

    def _measure(self) -> tuple[int, int]:
        """Return (how long the reading took, monotonic time minus the queue's), both in ns."""
        before = time.monotonic_ns()
        stamp = self.queue.get_status().real_time
        after = time.monotonic_ns()
        offset = (before + after) // 2 - (stamp.seconds * 1_000_000_000 + stamp.nanoseconds)
        return after - before, offset

    def retune(self, now_ns: int) -> None:
        """Measure the queue's drift, five times a second, and follow it."""
        if now_ns - self._measured_ns < _RETUNE_NS:
            return
        took_ns, offset_ns = min(self._measure() for _ in range(_READINGS))
        self._overloaded = self._overloaded + 1 if took_ns > _OVERLOADED_NS else 0
        if took_ns > _SLOW_NS:
            return  # each reading was interrupted; try again next time
        self._measured_ns = now_ns
        difference = offset_ns - self._offset_ns
        self._behind = self._behind + 1 if abs(difference) > _BEHIND_NS else 0
        share = 1.0 if abs(difference) > _JUMP_NS else _SHARE
        self._offset_ns += round(difference * share)

    def stamp(self, at_ns: int) -> tuple[int, int]:
        """Return the queue's (seconds, nanoseconds) at `at_ns`; (0, 0) if it did not exist yet."""
        return divmod(max(at_ns - self._offset_ns, 0), 1_000_000_000)

    def arrival(self, stamp: Any) -> int:
        """Return the monotonic ns at which an event that was just read was stamped.

        This uses the queue's offset now, not its usual one. If the timer's interrupt is served
        late, the queue's time stays behind until the next interrupt, equally for stamp and offset.
        """
        value: int = stamp.seconds * 1_000_000_000 + stamp.nanoseconds
        took_ns, offset_ns = self._measure()
        if took_ns > _SLOW_NS:  # the reading was interrupted
            offset_ns = min((took_ns, offset_ns), self._measure())[1]
        return value + offset_ns


def _chunk_ns() -> int:
    """Time a fixed piece of computing, which takes about a millisecond on a Pi."""
    began_ns = time.monotonic_ns()
    for _ in range(_CHUNK):
        pass
    return time.monotonic_ns() - began_ns


def _pace_ns() -> float:
    """Return the median time of a chunk; interruptions by other programs fall into few chunks."""
    return median(_chunk_ns() for _ in range(_CHUNKS))


def _pace_beside_queue(client: Any) -> float:
    # This is a function so that no reference to the closed queue remains. A new queue may get the
    # same number, which the library refuses while the old one is referenced.
    clock = QueueClock(client)
    try:
        return _pace_ns()
    finally:
        clock.close()


def sustainable_hz(client: Any) -> int:
    """Return the fastest rate whose interrupts leave this machine enough time; takes 0.1 s.

    A Pi spends some microseconds on an interrupt. A virtual machine was seen to spend 80 and more:
    there 6,250 Hz took 43 to 90 % of a core, 5,000 Hz 30 to 60 %, and 4,000 Hz 10 to 40 %. The last
    still sends clocks closer to their times than a child process with real-time priority does.
    """
    before_ns = _pace_ns()
    beside_ns = _pace_beside_queue(client)
    # Other programs can only slow down the measurement without a queue. Then the share comes out
    # too small, so use the quicker of two.
    share = 1 - min(before_ns, _pace_ns()) / beside_ns
    return RATES_HZ[0] if share <= _MAX_SHARE else _MODEST_HZ
