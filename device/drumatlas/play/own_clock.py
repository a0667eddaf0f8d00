"""Recognises our own clock and transport when a loop sends them back. Pure.

A synth's MIDI thru, or a DAW that plays its input to its output, returns our messages after a
constant delay. A clock counts as our own as long as it keeps such a delay to ours. If it
also began when ours began, it is certainly ours. Otherwise it may be a real leader at exactly our
tempo. To find out, our tempo is moved a little for a moment: our own clock follows that, a leader's
does not.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from statistics import fmean, pstdev

from drumatlas.play.events import (
    CLOCK,
    TRANSPORT,
    Event,
    Output,
    is_system,
)

FAULT = "the MIDI input receives our own clock (a synth's thru or a DAW's loop?); it is ignored"
# A port with an offset plays up to 100 ms early or late; a loop takes some 100 ms.
EARLY_NS, LATE_NS = 110_000_000, 600_000_000
ENOUGH = 8  # clocks at a constant delay, after which they may be ours
_FEW = 3  # ... after which nothing is followed for now
_CHANCES = 2  # delays that broke off, after which the clock is somebody else's
_KNOWN = 8  # delays that are remembered
_SURE = 24  # clocks at a constant delay that are ours, unless a leader has our tempo
_NEAR_NS = 8_000_000  # a delay that varies by less, in each direction, is constant
_NEAR = 0.35  # of a period: the same limit, relative
_LEAST_NEAR_NS = 2_500_000
_GONE = 2.4  # periods without a clock, after which a delay was a coincidence
_DEVIATIONS = 4.0
_RETURN_NS = 2_500_000  # clocks come back after the delay of transport, within this error
_ALIKE_NS = 12_000_000  # delays of two messages by the same loop differ by less
_MISSED_NS = 600_000_000  # without a clock, after which a loop is unplugged
_OVER_NS = 2_000_000_000  # without any message of ours, after which the notice ends
PROBE = 0.01  # share of the tempo by which a probe moves it
PROBE_TICKS = 40  # length of a probe's faster half, and of its slower half


@dataclass(slots=True)
class ThruLoop:
    """Clocks at a constant delay to ours. `delays_ns`: the delays that are still possible."""

    delays_ns: list[int]
    first_ns: int
    last_ns: int
    count: int = 1
    errors_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_SURE))
    is_ours: bool = False

    def near_ns(self, period_ns: float) -> float:
        """Return how far (ns) a clock may be off and still belong to this loop."""
        near = min(_NEAR_NS, _NEAR * period_ns)
        if len(self.errors_ns) < _SURE:
            return near
        spread = pstdev(self.errors_ns)
        return min(near, max(_LEAST_NEAR_NS, _DEVIATIONS * spread))


class OwnClock:
    """Compares incoming messages with our own. `note_sent` is for the performer's thread,
    everything else for the thread that receives."""

    def __init__(self) -> None:
        self._queue: deque[tuple[int, Sequence[Output]]] = deque(maxlen=4096)
        self._clocks: list[int] = []  # when ours were due, in order
        self._said: deque[tuple[int, bytes]] = deque(maxlen=64)  # transport
        self._transport: deque[tuple[int, bytes]] = deque(maxlen=64)  # that came in
        self._began_ns = 0  # our first clock after a silence
        self._heard_ns: int | None = None  # the last clock that came in, from anybody
        self._loops: list[ThruLoop] = []
        self._broken = 0  # delays that ended while clocks went on, as with a leader
        self._delays_ns: deque[int] = deque(maxlen=_KNOWN)  # by which transport came back
        self._ours_ns: int | None = None  # when our last message came back

    def note_sent(self, after_ns: int, outputs: Sequence[Output]) -> None:
        """Note that `outputs` are sent. Unless `after_ns` is 0, earlier outputs that were due after
        it are withdrawn."""
        self._queue.append((after_ns, outputs))

    def _take_over(self) -> None:
        for _ in range(len(self._queue)):
            after_ns, outputs = self._queue.popleft()
            while after_ns and self._clocks and self._clocks[-1] > after_ns:
                self._clocks.pop()
            while after_ns and self._said and self._said[-1][0] > after_ns:
                self._said.pop()
            for output in outputs:
                if isinstance(output, Event) and is_system(output.data):
                    self._note(output)
        del self._clocks[:-256]

    def _note(self, event: Event) -> None:
        if event.data != CLOCK:
            self._said.append((event.at_ns, event.data))
            return
        if not self._clocks or event.at_ns - self._clocks[-1] > _MISSED_NS:
            self._began_ns = event.at_ns
        self._clocks.append(event.at_ns)

    def is_transport(self, message: bytes, at_ns: int, is_following: bool) -> bool:
        """Return whether this Start, Continue, Stop or Song Position is one that we sent a moment
        ago.

        A follower passes messages on, and the leader may well repeat the same one. Then the message
        that we sent before it must have come back as well, after the same delay.
        """
        if message[0] not in TRANSPORT:
            return False
        self._take_over()
        said = list(self._said)
        delays = [
            at_ns - sent_ns
            for i, (sent_ns, data) in enumerate(said)
            if data == message
            and -EARLY_NS <= at_ns - sent_ns <= LATE_NS
            and not (is_following and i and not self._came(said[i - 1], at_ns - sent_ns))
        ]
        self._transport.append((at_ns, message))
        if delays:
            self._ours_ns = at_ns
            self._delays_ns.append(delays[-1])
        return bool(delays)

    def _came(self, sent: tuple[int, bytes], delay_ns: int) -> bool:
        sent_ns, data = sent
        wanted_ns = sent_ns + delay_ns
        return any(
            heard == data and abs(at_ns - wanted_ns) < _ALIKE_NS for at_ns, heard in self._transport
        )

    def loop(self, at_ns: int, period_ns: float) -> ThruLoop | None:
        """Return the loop by which a clock that arrived at `at_ns` may have come; None if there is
        none."""
        self._take_over()
        if self._heard_ns is None or at_ns - self._heard_ns > _MISSED_NS:
            self._loops.clear()
            self._broken = 0
        self._heard_ns = at_ns
        gone = [one for one in self._loops if at_ns - one.last_ns >= _GONE * period_ns]
        self._broken += sum(one.count > _FEW for one in gone)
        self._loops = [one for one in self._loops if one not in gone]
        for loop in sorted(self._loops, key=lambda one: -one.count):
            if at_ns - loop.last_ns > period_ns / 2 and self._fits(loop, at_ns, period_ns):
                loop.last_ns, loop.count = at_ns, loop.count + 1
                if loop.count >= ENOUGH and 0 <= loop.first_ns - self._began_ns + EARLY_NS < (
                    LATE_NS + EARLY_NS
                ):
                    loop.is_ours = True
                if loop.is_ours:
                    self._ours_ns = at_ns
                return loop
        near = self._between(at_ns - LATE_NS, at_ns + EARLY_NS)
        if near:
            self._loops.append(ThruLoop([at_ns - sent_ns for sent_ns in near], at_ns, at_ns))
        return None

    def _between(self, from_ns: int, to_ns: int) -> list[int]:
        return self._clocks[bisect_left(self._clocks, from_ns) : bisect_left(self._clocks, to_ns)]

    def _fits(self, loop: ThruLoop, at_ns: int, period_ns: float) -> bool:
        """Return whether the clock has one of the loop's delays, and rule out the others."""
        near = loop.near_ns(period_ns)
        middle = round(fmean(loop.errors_ns)) if len(loop.errors_ns) == _SURE else 0
        errors: list[int] = []
        kept: list[int] = []
        for delay in loop.delays_ns:
            wanted = at_ns - delay
            for sent_ns in self._between(round(wanted - 2 * near), round(wanted + 2 * near)):
                if abs(wanted - sent_ns - middle) <= near:
                    kept.append(delay)
                    errors.append(wanted - sent_ns)
                    break
        if not kept:
            return False
        loop.delays_ns = kept
        if len(loop.errors_ns) < _SURE:
            loop.errors_ns.append(errors[0])
        return True

    def return_error_ns(self, at_ns: int) -> float:
        """Return how far (ns) a clock is from one that came back after the delay of transport;
        infinite if it can't be one."""
        self._take_over()
        return min(
            (
                abs(at_ns - delay_ns - sent_ns)
                for delay_ns in self._delays_ns
                for sent_ns in self._between(
                    at_ns - delay_ns - _RETURN_NS, at_ns - delay_ns + _RETURN_NS
                )
            ),
            default=inf,
        )

    def comes_with_leader(self, period_ns: float) -> bool:
        """Return whether our messages come back close to a clock of the leader that we follow."""
        apart = [delay_ns % period_ns for delay_ns in self._delays_ns]
        return any(min(one, period_ns - one) < 2 * _RETURN_NS for one in apart)

    def acquit(self) -> None:
        """Note that the incoming clock did not follow our tempo, so it is not ours."""
        self._broken = _CHANCES

    def has_suspect(self) -> bool:
        """Return whether an incoming clock may be ours, so that it should not be followed yet."""
        if self._broken >= _CHANCES:
            return False
        return any(one.count >= _FEW and not one.is_ours for one in self._loops)

    def is_there(self, loop: ThruLoop) -> bool:
        """Return whether clocks still arrive by `loop`."""
        return any(one is loop for one in self._loops)

    def is_sending(self, at_ns: int) -> bool:
        """Return whether a clock of ours may still come back."""
        self._take_over()
        return bool(self._between(at_ns - LATE_NS, at_ns + EARLY_NS))

    def note_ours(self, at_ns: int) -> None:
        """Note that a clock was found to be ours in another way."""
        self._ours_ns = at_ns

    @staticmethod
    def needs_probe(loop: ThruLoop) -> bool:
        """Return whether only a change of our tempo can show whose clock it is."""
        return not loop.is_ours and loop.count >= _SURE

    def fault(self, now_ns: int) -> str:
        """Return the fault while our clock comes back, else ''."""
        is_over = self._ours_ns is None or now_ns - self._ours_ns > _OVER_NS
        return "" if is_over else FAULT
