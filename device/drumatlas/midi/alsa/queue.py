"""An ALSA sequencer queue whose time is tied to the monotonic clock.

The kernel delivers each event of a queue at its time stamp, whatever Python does meanwhile. Its
timer looks at the queue 1,000 times a second unless told otherwise; 6,250 is the most it takes.
A queue whose timer interrupts come faster than the machine bears falls behind, by its own time.
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
_SAMPLES = 16  # readings for the first measurement; the quickest is the truest
_AGAIN = 3  # readings later on
_SLOW_NS = 500_000  # a reading that took longer says too little
_RETUNE_NS = 200_000_000
_SHARE = 0.1  # of a measured difference that is taken over, so that one bad reading does no harm
_JUMP_NS = 5_000_000  # beyond, the machine stood still, and all of it is taken over
_BEHIND_NS = 2_000_000  # a queue that is this far off...
_BEHIND_TIMES = 3  # ...in so many readings in a row has too fast a timer
_TOILING_NS = 1_000_000  # a reading that takes this long...
_TOILING_TIMES = 5  # ...so many times in a row: the interrupts eat the machine
_CHUNK, _CHUNKS = 12_000, 41  # turns of a loop, and how often they are timed
_MOST = 0.2  # share of a core that interrupts may take at the fastest rate


def import_alsa() -> Any:
    """The alsa-midi package; PortError if it or the kernel's sequencer is missing."""
    try:
        import alsa_midi  # noqa: PLC0415 - Linux only, and only for who plays
    except (ImportError, OSError) as error:
        raise does_not_load("alsa-midi", error) from None
    return alsa_midi


def open_sequencer(name: str) -> Any:
    """A client of ALSA's sequencer; PortError if the kernel has none."""
    alsa = import_alsa()
    try:
        return alsa.SequencerClient(name)
    except alsa.exceptions.Error as error:
        raise PortError(f"ALSA's sequencer can't be opened ({error})", "modprobe snd-seq") from None


def wait_events(client: Any, seconds: float, prefer_bytes: bool = False) -> Iterator[Any]:
    """The events that come to `client` within `seconds`: all there are, once there is one.

    Not event_input(timeout=...): it takes seconds for milliseconds and spins. And one reading
    takes several events from the kernel, so what the library still holds must be asked for:
    the file descriptor does not tell of it.
    """
    if not select.select([client._fd], [], [], seconds)[0]:
        return
    alsa = import_alsa()
    has_more = True
    while has_more:
        try:
            yield client.event_input(prefer_bytes=prefer_bytes)
        except alsa.exceptions.Error:  # an overrun: what came meanwhile is gone
            return
        has_more = client.event_input_pending() > 0


class QueueClock:
    """A running queue of `client`, and the way from monotonic ns to its time and back."""

    def __init__(self, client: Any, resolution_hz: int = RATES_HZ[0]) -> None:
        self._alsa = import_alsa()
        self.queue = client.create_queue("drumatlas")
        try:
            timer = self.queue.get_timer()
            timer.resolution = resolution_hz
            self.queue.set_timer(timer)
            self.resolution_hz = resolution_hz
        except self._alsa.exceptions.Error:  # an old kernel: 1 ms raster, still no drift
            self.resolution_hz = 0
        self.queue.start()
        client.drain_output()
        self._offset_ns = min(self._measure() for _ in range(_SAMPLES))[1]
        self._measured_ns = time.monotonic_ns()
        self._behind = 0
        self._toiling = 0

    @property
    def is_behind(self) -> bool:
        """Whether the machine can't keep up with this timer."""
        return self._behind >= _BEHIND_TIMES or self._toiling >= _TOILING_TIMES

    def is_idle(self) -> bool:
        """Whether nothing waits in the queue."""
        return int(self.queue.get_status().events) == 0

    def close(self) -> None:
        """Give the queue and its timer back."""
        self.queue.close()

    def _measure(self) -> tuple[int, int]:
        """(how long it took, monotonic time minus the queue's), ns."""
        before = time.monotonic_ns()
        stamp = self.queue.get_status().real_time
        after = time.monotonic_ns()
        offset = (before + after) // 2 - (stamp.seconds * 1_000_000_000 + stamp.nanoseconds)
        return after - before, offset

    def retune(self, now_ns: int) -> None:
        """Five times a second, look how far the queue has drifted and follow."""
        if now_ns - self._measured_ns < _RETUNE_NS:
            return
        took_ns, offset_ns = min(self._measure() for _ in range(_AGAIN))
        self._toiling = self._toiling + 1 if took_ns > _TOILING_NS else 0
        if took_ns > _SLOW_NS:
            return  # we were interrupted in the middle of each; next time
        self._measured_ns = now_ns
        difference = offset_ns - self._offset_ns
        self._behind = self._behind + 1 if abs(difference) > _BEHIND_NS else 0
        share = 1.0 if abs(difference) > _JUMP_NS else _SHARE
        self._offset_ns += round(difference * share)

    def stamp(self, at_ns: int) -> tuple[int, int]:
        """The queue's (seconds, nanoseconds) at `at_ns`; its beginning for what was before."""
        return divmod(max(at_ns - self._offset_ns, 0), 1_000_000_000)

    def arrival(self, stamp: Any) -> int:
        """Monotonic ns at which an event was stamped that has just been read.

        By the queue's time now, not by its usual distance: when the timer's interrupt is served
        late, the queue's time stays behind until the next one, by the same for both.
        """
        value: int = stamp.seconds * 1_000_000_000 + stamp.nanoseconds
        took_ns, offset_ns = self._measure()
        if took_ns > _SLOW_NS:  # interrupted in the middle of it
            offset_ns = min((took_ns, offset_ns), self._measure())[1]
        return value + offset_ns


def _chunk_ns() -> int:
    """How long a fixed piece of computing takes: about a millisecond on a Pi."""
    began_ns = time.monotonic_ns()
    for _ in range(_CHUNK):
        pass
    return time.monotonic_ns() - began_ns


def _pace_ns() -> float:
    """The usual one: what other programs take from us falls into few of them."""
    return median(_chunk_ns() for _ in range(_CHUNKS))


def _pace_beside_queue(client: Any) -> float:
    # In a function of its own: a new queue may get this one's number, and the library does not
    # take that as long as somebody refers to the closed one.
    clock = QueueClock(client)
    try:
        return _pace_ns()
    finally:
        clock.close()


def bearable_hz(client: Any) -> int:
    """The fastest rate whose interrupts leave this machine time for its work; takes some 0.1 s.

    A Pi spends some microseconds on one. A virtual machine was seen to spend 80 and more, so
    that 6,250 Hz took 43 to 90 % of a core, 5,000 Hz 30 to 60 % and 4,000 Hz 10 to 40 %; the
    last still puts its clocks closer to their times than a sender of its own priority would.
    """
    before_ns = _pace_ns()
    beside_ns = _pace_beside_queue(client)
    # Other programs can only make a look at the idle machine slower; then its rate seems bearable.
    share = 1 - min(before_ns, _pace_ns()) / beside_ns
    return RATES_HZ[0] if share <= _MOST else _MODEST_HZ
