"""A box that follows a leader, on a virtual clock."""

from collections.abc import Iterable
from typing import Any

from drumatlas.beat.pattern import Pattern
from drumatlas.play.clock_follower import ClockSource, Follower
from drumatlas.play.events import CLOCK, Event, Output
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings

MS = 1_000_000
EVERY_STEP = Pattern((tuple(((0, 100),) for _ in range(32)),))


def followed(messages: Iterable[tuple[int, bytes]]) -> Follower:
    """Return a follower that has heard these messages (at_ns, bytes)."""
    follower = Follower(Sequencer(PlaySettings(), EVERY_STEP, 0), ClockSource.EXTERNAL)
    for at_ns, message in messages:
        follower.feed(message, at_ns)
    return follower


class FollowingBox:
    """A follower, its sequencer, and a performer's loop under a virtual clock."""

    def __init__(self, source: ClockSource = ClockSource.EXTERNAL, **settings: Any) -> None:
        self.now = 0
        self.sequencer = Sequencer(PlaySettings(**settings), EVERY_STEP, 0)
        self.sequencer.can_rewind = True
        self.follower = Follower(self.sequencer, source)
        self.sent: list[Event] = []
        self.steps: list[int] = []

    def wait_until(self, at_ns: int, lookahead_ns: int = 20 * MS) -> None:
        while self.now < at_ns:
            self.now = min(self.now + 5 * MS, at_ns)
            self._turn(lookahead_ns)

    def _turn(self, lookahead_ns: int) -> None:
        self.follower.tick(self.now)
        if self.sequencer.is_urgent:
            back = self.sequencer.rewind(self.now)
            self.follower.own.note_sent(back, ())
            self.sent = [event for event in self.sent if event.at_ns <= back]
        outputs: list[Output] = self.sequencer.advance(self.now + lookahead_ns)
        self.follower.own.note_sent(0, outputs)
        self.sent += [output for output in outputs if isinstance(output, Event)]

    def hear(self, messages: list[tuple[int, bytes]]) -> None:
        for at_ns, message in messages:
            self.wait_until(at_ns)
            self.follower.feed(message, at_ns)
            self._turn(20 * MS)

    def transport(self) -> list[bytes]:
        """Return each Start, Stop, Continue and Song Position that was sent."""
        return [one.data for one in self.sent if one.data[0] >= 0xF0 and one.data != CLOCK]

    def ons(self) -> list[int]:
        return [event.at_ns for event in self.sent if event.data[0] & 0xF0 == 0x90]
