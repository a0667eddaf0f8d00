"""Single clocks that are lost or doubled on a cable: arrivals that are even but for those."""

import itertools
import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.play.clock_follower import Follower
from drumatlas.play.events import CLOCK, START
from drumatlas.play.timeline import ns_per_tick
from support.following_box import followed

MS = 1_000_000
LEAD_IN = 24  # ticks before the first lost one: the tempo has to be known
TICKS = 900

Messages = list[tuple[int, bytes]]


def cable(  # noqa: PLR0913 - a stream, by name
    bpm: float,
    *,
    lost: set[int] = frozenset(),  # type: ignore[assignment]
    doubled: set[int] = frozenset(),  # type: ignore[assignment]
    jitter_ms: float = 0.0,
    ticks: int = TICKS,
    seed: int = 1,
    from_ns: int = 1_000 * MS,
    first: int = 0,
) -> Messages:
    """The clocks `first`..`first + ticks - 1` of a leader whose tick `first` is at `from_ns`,
    without the `lost` ones; the `doubled` ones come twice."""
    chance = random.Random(seed)
    out: Messages = []
    for tick in range(first, first + ticks):
        late = chance.uniform(-jitter_ms, jitter_ms) * MS
        at_ns = round(from_ns + (tick - first) * ns_per_tick(bpm) + late)
        if tick not in lost:
            out.append((at_ns, CLOCK))
        if tick in doubled:
            out.append((at_ns + MS // 2, CLOCK))
    return out


def started(messages: Messages) -> Follower:
    """Return a follower that has heard `messages`, and Start 2 ms before them."""
    return followed([(messages[0][0] - 2 * MS, START), *messages])


def scattered(seed: int, least: int, most: int, ticks: int = TICKS) -> set[int]:
    """Ticks at random distances of `least`..`most`; the last tick is never one of them."""
    chance = random.Random(seed)
    steps = (chance.randint(least, most) for _ in itertools.count())
    sums = itertools.accumulate(steps, initial=LEAD_IN + chance.randint(0, most))
    return set(itertools.takewhile(lambda tick: tick < ticks - 2, sums))


# Fixed streams: some could be either packets or losses that are even by chance, and no rule tells
# those apart (about one in 500).
STREAMS = pytest.mark.parametrize("number", range(60))


@dataclass(frozen=True, slots=True)
class LossyCable:
    """The cable of a number: tempo (3 ms are a sixth of a tick at 150 BPM), jitter, odd clocks."""

    bpm: float
    jitter_ms: float
    odd: set[int]

    @classmethod
    def of(cls, number: int) -> "LossyCable":
        chance = random.Random(number)
        least = chance.randint(24, 96)
        odd = scattered(number, least, least + chance.randint(60, 300))
        return cls(chance.uniform(40, 150), chance.choice([0.0, 0.5, 1.0, 2.0, 3.0]), odd)


@STREAMS
def test_clocks_lost_at_random_are_made_up_for(number: int) -> None:
    one = LossyCable.of(number)
    follower = started(cable(one.bpm, lost=one.odd, jitter_ms=one.jitter_ms, seed=number))
    assert follower.position == TICKS - 1
    assert follower.bpm == pytest.approx(one.bpm, rel=0.03 if one.jitter_ms else 0.005)


@settings(max_examples=50)
@given(
    bpm=st.floats(40, 150),
    jitter_ms=st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]),
    seed=st.integers(0, 10_000),
    count=st.integers(1, 2),
    span=st.integers(48, 200),
)
def test_a_few_evenly_spaced_losses_are_made_up_for(
    bpm: float, jitter_ms: float, seed: int, count: int, span: int
) -> None:
    lost = {LEAD_IN + i * span for i in range(count)}
    follower = started(cable(bpm, lost=lost, jitter_ms=jitter_ms, seed=seed))
    assert follower.position == TICKS - 1


@STREAMS
def test_clocks_doubled_at_random_are_thrown_away(number: int) -> None:
    one = LossyCable.of(number)
    follower = started(cable(one.bpm, doubled=one.odd, jitter_ms=one.jitter_ms, seed=number))
    assert follower.position == TICKS - 1


@STREAMS
def test_lost_and_doubled_clocks_together(number: int) -> None:
    one = LossyCable.of(number)
    lost = {tick for tick in one.odd if (tick * 7919 + number) % 2}
    stream = cable(one.bpm, lost=lost, doubled=one.odd - lost, jitter_ms=one.jitter_ms, seed=number)
    assert started(stream).position == TICKS - 1
