"""Hostile clock streams: what a leader sends, and where an ideal follower would be.

Each stream is a list of (arrival in ns, message) and the tick that its last clock is.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
MS = 1_000_000


def tick_ns(bpm: float) -> float:
    return 60e9 / bpm / 24


@dataclass
class Stream:
    """`messages` in order of arrival; `tick` is the last clock's; `period_ns` the tempo there;
    `times` the true time of each tick that was sent or lost."""

    messages: list[tuple[int, bytes]]
    tick: int
    period_ns: float
    times: dict[int, float]


class LeadersStream:
    """Writes a stream: clocks with a tempo, jitter and losses."""

    def __init__(self, bpm: float = 120, jitter_ms: float = 0, seed: int = 1) -> None:
        self.now = 1_000 * MS + 0.0
        self.bpm = bpm
        self.tick = -1
        self.messages: list[tuple[int, bytes]] = []
        self.times: dict[int, float] = {}
        self._jitter = jitter_ms * MS
        self._random = random.Random(seed)

    def send(self, message: bytes) -> None:
        self.messages.append((round(self.now), message))

    def start(self, position: int = 0, message: bytes = START) -> None:
        self.send(message)
        self.tick = position - 1
        self.now += 2 * MS

    def clocks(self, n: int, *, lost: bool = False, doubled: bool = False) -> None:
        for _ in range(n):
            self.tick += 1
            self.times[self.tick] = self.now
            if not lost:
                late = self._random.uniform(-self._jitter, self._jitter)
                self.messages.append((round(self.now + late), CLOCK))
                if doubled:
                    self.messages.append((round(self.now + late + 0.3 * MS), CLOCK))
            self.now += tick_ns(self.bpm)

    def done(self) -> Stream:
        return Stream(self.messages, self.tick, tick_ns(self.bpm), self.times)


def started(bpm: float = 120, jitter_ms: float = 0) -> LeadersStream:
    """A leader that has sent Start."""
    leader = LeadersStream(bpm, jitter_ms)
    leader.start()
    return leader


def steady() -> Stream:
    leader = started()
    leader.clocks(24 * 16)
    return leader.done()


def jittery() -> Stream:
    leader = started(jitter_ms=3)
    leader.clocks(24 * 16)
    return leader.done()


def tempo_jump() -> Stream:
    leader = started()
    for bpm in (120, 170, 85, 84, 60, 120, 240):
        leader.bpm = bpm
        leader.clocks(24 * 4)
    return leader.done()


def ramp() -> Stream:
    leader = started(bpm=90)
    for _ in range(24 * 16):
        leader.bpm += 60 / (24 * 16)
        leader.clocks(1)
    leader.clocks(24 * 4)
    return leader.done()


def dropout() -> Stream:
    leader = started(jitter_ms=1)
    for lost in (1, 5, 12, 20):
        leader.clocks(24 * 4)
        leader.clocks(lost, lost=True)
    leader.clocks(24 * 4)
    return leader.done()


def duplicates() -> Stream:
    leader = started()
    leader.clocks(24 * 4)
    leader.clocks(24 * 4, doubled=True)
    leader.clocks(24 * 4)
    return leader.done()


def held_up() -> Stream:
    """The leader's machine stands still twice a bar; what was due meanwhile comes at once."""
    leader = started(jitter_ms=0.2)
    for still_ms in (15, 18, 25, 40, 70):
        for after in (3, 11, 19, 20.5):  # ms between a clock and the standstill
            leader.clocks(24)
            from_ns = leader.now - tick_ns(leader.bpm) + after * MS
            until_ns = from_ns + still_ms * MS
            leader.clocks(24)
            for i, (at_ns, message) in enumerate(leader.messages):
                if from_ns < at_ns < until_ns:
                    leader.messages[i] = (round(until_ns), message)
    return leader.done()


def start_storm() -> Stream:
    leader = LeadersStream()
    for _ in range(10):
        leader.start()
        leader.clocks(7)
    for _ in range(5):
        leader.send(START)
    leader.start()
    leader.clocks(24 * 8)
    return leader.done()


def spp_walk() -> Stream:
    leader = started()
    leader.clocks(24 * 4)
    for step in (0, 33, 128, 7, 1000):
        leader.send(STOP)
        leader.now += 50 * MS
        leader.send(bytes((0xF2, step & 0x7F, step >> 7)))
        leader.now += 50 * MS
        leader.start(step * 6, CONTINUE)
        leader.clocks(24 * 4 + 5)
    return leader.done()


STREAMS: dict[str, Callable[[], Stream]] = {
    "STEADY": steady,
    "JITTERY": jittery,
    "TEMPO_JUMP": tempo_jump,
    "RAMP": ramp,
    "DROPOUT": dropout,
    "DUPLICATES": duplicates,
    "HELD_UP": held_up,
    "START_STORM": start_storm,
    "SPP_WALK": spp_walk,
}


@pytest.fixture(params=STREAMS)
def stream(request: pytest.FixtureRequest) -> Stream:
    """Each hostile stream in turn."""
    return STREAMS[request.param]()


@pytest.fixture
def streams() -> dict[str, Callable[[], Stream]]:
    """The hostile streams by name."""
    return STREAMS


@pytest.fixture
def leader() -> type[LeadersStream]:
    """To write streams of one's own."""
    return LeadersStream
