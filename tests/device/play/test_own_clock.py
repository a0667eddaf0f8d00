"""Our own clock and transport come back: by a synth's thru, or a loop in a DAW."""

import itertools
import random
from collections import deque
from typing import Any

import pytest

from drumatlas.play.clock_follower import ClockSource
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP, Event
from drumatlas.play.own_clock import FAULT, OwnClock
from drumatlas.play.timeline import STEP_TICKS, ns_per_tick
from support.following_box import MS, FollowingBox

Messages = list[tuple[int, bytes]]


class Looped(FollowingBox):
    """A box whose output comes back after each of `delays_ms`."""

    def __init__(self, source: ClockSource, delays_ms: tuple[float, ...], **settings: Any) -> None:
        super().__init__(source, **settings)
        self.delays_ns = [round(delay * MS) for delay in delays_ms]
        self.jitter_ms = 0.0
        self.is_plugged = True
        self.chance = random.Random(1)
        self.returned = 0  # how much of what was sent is on its way back
        self.returning: Messages = []

    def live(self, until_ns: int, leader: Messages = []) -> None:  # noqa: B006 - only read
        """Let time pass: the leader's messages come in, and ours come back."""
        waiting = deque(sorted(one for one in leader if self.now < one[0] <= until_ns))
        while self.now < until_ns:
            self.wait_until(self.now + 2 * MS)
            while self.returned < len(self.sent) and self.sent[self.returned].at_ns <= self.now:
                event = self.sent[self.returned]
                self.returned += 1
                if event.data[0] >= 0xF0 and self.is_plugged:
                    self.returning += [
                        (self._back_ns(event.at_ns, delay_ns), event.data)
                        for delay_ns in self.delays_ns
                    ]
            due = [one for one in self.returning if one[0] <= self.now]
            self.returning = [one for one in self.returning if one[0] > self.now]
            while waiting and waiting[0][0] <= self.now:
                due.append(waiting.popleft())
            for at_ns, message in sorted(due):
                self.follower.feed(message, at_ns)
                self._turn(20 * MS)

    def _back_ns(self, at_ns: int, delay_ns: int) -> int:
        return at_ns + delay_ns + round(self.chance.uniform(0, self.jitter_ms) * MS)

    @property
    def fault(self) -> str:
        return self.follower.own.fault(self.now)


def is_even(box: FollowingBox, bpm: float = 120) -> bool:
    gaps = [b - a for a, b in itertools.pairwise(box.ons())]
    step = STEP_TICKS * ns_per_tick(bpm)
    return bool(gaps) and all(abs(gap / step - 1) < 0.02 for gap in gaps)


DELAYS = [
    (0.0,),
    (1.0,),
    (8.0,),
    (10.4,),
    (37.0,),
    (150.0,),
    (400.0,),
    (2.0, 9.0),
    (0.5, 90.0, 91.0),
]


@pytest.mark.parametrize("delays_ms", DELAYS)
@pytest.mark.parametrize("jitter_ms", [0.0, 3.0])
@pytest.mark.parametrize("thru", [False, True])
def test_a_loop_is_not_followed_and_is_shown(
    delays_ms: tuple[float, ...], jitter_ms: float, thru: bool
) -> None:
    box = Looped(ClockSource.AUTO, delays_ms, thru=thru)
    box.jitter_ms = jitter_ms
    box.live(100 * MS)
    box.sequencer.start()
    box.live(6_000 * MS)
    assert not box.sequencer.is_following
    assert is_even(box)
    assert box.transport() == [START]
    assert box.fault == FAULT
    box.sequencer.stop()
    box.live(8_000 * MS)
    box.sequencer.resume()
    box.live(10_000 * MS)
    assert box.transport() == [START, STOP, CONTINUE]
    assert not box.sequencer.is_following
    box.is_plugged = False
    box.live(14_000 * MS)
    assert box.fault == ""


@pytest.mark.parametrize("delay_ms", [0.0, 6.0, 10.4, 120.0])
def test_a_loop_that_is_plugged_in_while_it_plays_is_not_followed(delay_ms: float) -> None:
    box = Looped(ClockSource.AUTO, (delay_ms,))
    box.jitter_ms = 1
    box.is_plugged = False
    box.sequencer.start()
    box.live(3_000 * MS)
    box.is_plugged = True
    box.live(10_000 * MS)
    assert not box.sequencer.is_following
    assert box.transport() == [START]
    assert box.fault == FAULT
    assert is_even(box)
    assert box.sequencer.bpm == pytest.approx(120)


@pytest.mark.parametrize("bpm", [120.0, 120.01, 119.5, 126.0, 60.0, 240.0])
@pytest.mark.parametrize("jitter_ms", [0.0, 2.0])
@pytest.mark.parametrize("loops", [(), (5.0,)])
def test_a_real_leader_is_followed_at_any_tempo(
    bpm: float, jitter_ms: float, loops: tuple[float, ...], leader: Any
) -> None:
    one = leader(bpm=bpm, jitter_ms=jitter_ms)
    one.now = 4_000.0 * MS + 7.7 * MS
    one.clocks(round(8 * bpm / 60 * 24))
    box = Looped(ClockSource.AUTO, loops)
    box.sequencer.start()
    box.live(11_500 * MS, one.messages)
    assert box.sequencer.is_following
    assert box.sequencer.bpm == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("delay_ms", [0.5, 6.0, 9.0, 15.0, 60.0])
@pytest.mark.parametrize("source", [ClockSource.EXTERNAL, ClockSource.AUTO])
def test_of_a_leader_and_an_echo_only_the_leader_counts(
    delay_ms: float, source: ClockSource, leader: Any
) -> None:
    one = leader(jitter_ms=0.3)
    one.start()
    one.clocks(24 * 16)
    box = Looped(source, (delay_ms,), thru=True)
    box.live(round(one.now) - 5 * MS, one.messages)
    last_ns = one.messages[-1][0]
    assert box.sequencer.tick_at(last_ns) == pytest.approx(24 * 16 - 1, abs=0.5)
    assert box.follower.bpm == pytest.approx(120, rel=0.01)
    assert box.transport() == [START]
    clocks = sum(event.data == CLOCK for event in box.sent)
    assert abs(clocks - 24 * 16) <= 2


@pytest.mark.parametrize("thru", [False, True])
def test_external_without_a_leader_sends_nothing(thru: bool) -> None:
    box = Looped(ClockSource.EXTERNAL, (3.0,), thru=thru)
    box.sequencer.start()
    box.live(3_000 * MS)
    box.sequencer.stop()
    box.live(6_000 * MS)
    assert set(box.transport()) <= {START, STOP}
    assert len(box.sent) <= 2


@pytest.mark.parametrize("offset_ms", [-100, -3, 3, 100])
def test_an_output_with_an_offset_comes_back_before_or_after_its_time(offset_ms: int) -> None:
    own = OwnClock()
    period = ns_per_tick(120)
    sent = [Event(1_000 * MS + round(i * period), CLOCK) for i in range(200)]
    own.note_sent(0, [Event(990 * MS, START), *sent[:100]])
    assert own.is_transport(START, (990 + offset_ms) * MS, is_following=False)
    loops = [own.loop(event.at_ns + offset_ms * MS, period) for event in sent[:90]]
    assert loops[-1] is not None
    assert loops[-1].is_ours
    assert loops.count(None) == 1
    assert own.fault(sent[90].at_ns) == FAULT
    assert own.fault(sent[90].at_ns + 3_000 * MS) == ""
