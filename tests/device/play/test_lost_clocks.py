"""Single clocks that are lost or doubled on a cable: arrivals that are even but for those."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.play.events import CLOCK, START
from drumatlas.play.follower import ClockSource, Follower
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from drumatlas.play.transport import ns_per_tick
from playing import HATS

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


def followed(messages: Messages) -> Follower:
    follower = Follower(Sequencer(PlaySettings(), HATS, 0), ClockSource.EXTERNAL)
    follower.feed(START, messages[0][0] - 2 * MS)
    for at_ns, message in messages:
        follower.feed(message, at_ns)
    return follower


def scattered(seed: int, least: int, most: int, ticks: int = TICKS) -> set[int]:
    """Ticks at random distances of `least`..`most`; the last tick is never one of them."""
    chance = random.Random(seed)
    steps = (chance.randint(least, most) for _ in itertools.count())
    sums = itertools.accumulate(steps, initial=LEAD_IN + chance.randint(0, most))
    return set(itertools.takewhile(lambda tick: tick < ticks - 2, sums))


BPM = st.floats(40, 150)  # 3 ms are a sixth of a tick at 150 BPM
JITTER = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])
SEED = st.integers(0, 10_000)


# The same examples each time: some streams could be either, and no rule tells them apart.
@settings(derandomize=True)
@given(bpm=BPM, jitter_ms=JITTER, seed=SEED, least=st.integers(24, 96), wide=st.integers(60, 300))
def test_clocks_lost_at_random_are_made_up_for(
    bpm: float, jitter_ms: float, seed: int, least: int, wide: int
) -> None:
    lost = scattered(seed, least, least + wide)
    follower = followed(cable(bpm, lost=lost, jitter_ms=jitter_ms, seed=seed))
    assert follower.position == TICKS - 1
    assert follower.bpm == pytest.approx(bpm, rel=0.03 if jitter_ms else 0.005)


@settings(derandomize=True)
@given(bpm=BPM, jitter_ms=JITTER, seed=SEED, count=st.integers(1, 2), span=st.integers(48, 200))
def test_a_few_evenly_spaced_losses_are_made_up_for(
    bpm: float, jitter_ms: float, seed: int, count: int, span: int
) -> None:
    lost = {LEAD_IN + i * span for i in range(count)}
    follower = followed(cable(bpm, lost=lost, jitter_ms=jitter_ms, seed=seed))
    assert follower.position == TICKS - 1


@settings(derandomize=True)
@given(bpm=BPM, jitter_ms=JITTER, seed=SEED, least=st.integers(24, 96), wide=st.integers(60, 300))
def test_clocks_doubled_at_random_are_thrown_away(
    bpm: float, jitter_ms: float, seed: int, least: int, wide: int
) -> None:
    doubled = scattered(seed, least, least + wide)
    follower = followed(cable(bpm, doubled=doubled, jitter_ms=jitter_ms, seed=seed))
    assert follower.position == TICKS - 1


@settings(derandomize=True)
@given(bpm=BPM, jitter_ms=JITTER, seed=SEED)
def test_lost_and_doubled_clocks_together(bpm: float, jitter_ms: float, seed: int) -> None:
    chance = random.Random(seed)
    odd = scattered(seed, 30, 120)
    lost = {tick for tick in odd if chance.random() < 0.5}
    stream = cable(bpm, lost=lost, doubled=odd - lost, jitter_ms=jitter_ms, seed=seed)
    assert followed(stream).position == TICKS - 1
