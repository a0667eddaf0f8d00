"""Recognise our own notes when a synth's MIDI thru sends them back. Pure.

Taken for pads, they would make the box travel by itself. A thru changes nothing, so an echo has the
channel, note and velocity that were sent. A player who drums along with the beat hits the same note
at the same time, too, but hardly ever with the same one of 127 velocities.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from drumatlas.play.events import Event, is_note_on

FAULT = "the MIDI input receives our own notes (through a MIDI thru?); pads are ignored"
# A thru adds a few ms. A port with an offset plays up to 100 ms before or after the scheduled time.
NEAR_NS = 110_000_000
_WINDOW = 8  # the last notes received
_MIN_ECHOES = 4  # so many echoes among them are a thru, not chance
_QUIET_NS = 8_000_000_000  # the fault ends after so long without an echo: two bars of a slow beat

Message = tuple[bytes, int]  # MIDI bytes and their arrival, monotonic ns


class EchoGuard:
    """Removes echoes of sent notes from the input.

    `sent` returns the messages scheduled at a time (monotonic ns) or later, in order.
    """

    def __init__(self) -> None:
        self.sent: Callable[[int], Iterable[Event]] = lambda _since_ns: ()
        self._were_echoes: deque[bool] = deque(maxlen=_WINDOW)
        self._last_ns: int | None = None  # when the last echo came

    def remove_echoes(self, messages: Sequence[Message]) -> list[Message]:
        """Return the received messages without echoes of our own notes."""
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
        """Return the fault to show at `now_ns`, "" for none."""
        if self._last_ns is None or now_ns - self._last_ns > _QUIET_NS:
            self._were_echoes.clear()
        return FAULT if sum(self._were_echoes) >= _MIN_ECHOES else ""
