"""Which notes that come in are our own, sent back by a synth's MIDI thru. Pure.

As pads they would make the box travel by itself. A thru changes nothing, so an echo has the
channel, the note and the velocity of what was sent; who plays along with the beat hits the same
note at the same time, too, but hardly with the same of 127 velocities.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from drumatlas.play.events import Event, is_note_on

FAULT = "the MIDI input hears our own output (its thru?); pads ignored"
# A thru takes some ms; a port with an offset of its own plays up to 100 ms to each side of the
# time that its messages were given.
NEAR_NS = 110_000_000
_LAST = 8  # notes that came in, of which...
_MANY = 4  # ...so many echoes are a thru, not a chance
_OVER_NS = 8_000_000_000  # without an echo; two bars of a slow beat

Message = tuple[bytes, int]  # MIDI bytes and their arrival, monotonic ns


class EchoGuard:
    """`sent` gives the messages that were due at a time (ns) or later, in order."""

    def __init__(self) -> None:
        self.sent: Callable[[int], Iterable[Event]] = lambda _since_ns: ()
        self._were_echoes: deque[bool] = deque(maxlen=_LAST)
        self._last_ns: int | None = None  # when the last echo came

    def without(self, messages: Sequence[Message]) -> list[Message]:
        """The messages that are none of ours."""
        notes = [at_ns for message, at_ns in messages if is_note_on(message)]
        ours: dict[bytes, list[int]] = {}
        if notes:
            for event in self.sent(min(notes) - NEAR_NS):
                ours.setdefault(event.data, []).append(event.at_ns)
        return [one for one in messages if not (is_note_on(one[0]) and self._is_echo(one, ours))]

    def _is_echo(self, one: Message, ours: dict[bytes, list[int]]) -> bool:
        message, at_ns = one
        is_echo = any(abs(at_ns - sent_ns) <= NEAR_NS for sent_ns in ours.get(message, ()))
        self._were_echoes.append(is_echo)
        if is_echo:
            self._last_ns = at_ns
        return is_echo

    def fault(self, now_ns: int) -> str:
        """What is wrong, as long as it goes on; else ''."""
        if self._last_ns is None or now_ns - self._last_ns > _OVER_NS:
            self._were_echoes.clear()
        return FAULT if sum(self._were_echoes) >= _MANY else ""
