"""Clocks in packets (Bluetooth, networks, pollers), beside true doubles and lost ones."""

import math
import random

import pytest

from drumatlas.play.clock_follower import ClockSource, Follower
from drumatlas.play.clock_stats import ClockStats
from drumatlas.play.events import CLOCK, START
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from drumatlas.play.timeline import STEP_TICKS, ns_per_tick
from support.following_box import EVERY_STEP, FollowingBox, followed
from support.playing import HATS

MS = 1_000_000
CLOCKS = 767

Messages = list[tuple[int, bytes]]


def packets(  # noqa: PLR0913 - a transport, by name
    bpm: float,
    packet_ms: float,
    *,
    phase: float = 0.3,
    jitter_ms: float = 0,
    late_ms: float = 0,
    clocks: int = CLOCKS,
    seed: int = 1,
) -> Messages:
    """Start and `clocks` clocks of a leader with `jitter_ms`, each held back to the end of its
    packet, which comes up to `late_ms` late."""
    chance = random.Random(seed)
    length = packet_ms * MS
    sent = [(998 * MS, START)]
    sent += [
        (1_000 * MS + i * ns_per_tick(bpm) + chance.uniform(-1, 1) * jitter_ms * MS, CLOCK)
        for i in range(clocks)
    ]
    out: Messages = []
    for at_ns, message in sent:
        number = math.ceil(at_ns / length - phase)
        arrival = (number + phase) * length + random.Random(number).uniform(0, late_ms) * MS
        out.append((round(max(arrival, out[-1][0] if out else 0)), message))
    return out


def is_doubled(bpm: float, packet_ms: float) -> bool:
    """Packets of exactly two clocks each look like doubled clocks of half the tempo."""
    return abs(packet_ms * MS / ns_per_tick(bpm) - 2) < 0.02


def is_slow(bpm: float, packet_ms: float) -> bool:
    """Packets so nearly of a tick that fewer than six of them are odd ones in `CLOCKS`."""
    return abs(packet_ms * MS / ns_per_tick(bpm) - 1) < 6.5 / CLOCKS


def stream(number: int, bpm: float, packet_ms: float) -> Messages:
    """Packets of that length with jitter and lateness that `number` chooses."""
    chance = random.Random(number)
    return packets(
        bpm,
        packet_ms,
        phase=chance.random(),
        jitter_ms=chance.choice([0.0, 0.5, 1.0]),
        late_ms=chance.choice([0.0, 0.5, 1.5]),
        seed=number,
    )


# Fixed streams: some could be either, and no rule tells them apart.
@pytest.mark.parametrize("number", range(100))
def test_packets_lose_no_tick_and_give_the_tempo(number: int) -> None:
    chance = random.Random(number)
    bpm, packet_ms = chance.uniform(60, 200), chance.uniform(1, 40)
    if is_doubled(bpm, packet_ms) or is_slow(bpm, packet_ms):
        packet_ms *= 0.9
    follower = followed(stream(number, bpm, packet_ms))
    assert follower.position == CLOCKS - 1
    assert follower.bpm == pytest.approx(bpm, rel=0.005)


@pytest.mark.parametrize("packet_ms", [30, 40])
def test_long_packets_at_round_tempi_lose_no_tick(packet_ms: float) -> None:
    for bpm in (60, 120, 200):
        follower = followed(packets(bpm, packet_ms, jitter_ms=1.0))
        assert follower.position == CLOCKS - 1
        assert follower.bpm == pytest.approx(bpm, rel=0.005)


@pytest.mark.parametrize(
    ("bpm", "packet_ms"),
    [
        (60, 40),
        (80, 30),
        (90, 30),
        (100, 25),
        (120, 20),
        (125, 20),
        (160, 15),
        (174, 15),
        (180, 15),
    ],
)
def test_packets_of_nearly_a_tick_count_in_full(bpm: float, packet_ms: float) -> None:
    follower = followed(packets(bpm, packet_ms))
    assert follower.position == CLOCKS - 1
    assert follower.bpm == pytest.approx(bpm, rel=0.005)


@pytest.mark.parametrize("number", range(100))
def test_packets_of_nearly_a_tick_count_in_full_with_jitter(number: int) -> None:
    chance = random.Random(number)
    ticks = chance.choice([chance.uniform(0.9, 0.99), chance.uniform(1.01, 1.2)])
    packet_ms = min(ticks * ns_per_tick(chance.uniform(60, 200)) / MS, 40)
    bpm = 60_000 / 24 * ticks / packet_ms
    follower = followed(stream(number, bpm, packet_ms))
    assert follower.position == CLOCKS - 1
    assert follower.bpm == pytest.approx(bpm, rel=0.005)


def slowed(first: Messages, bpm: float, packet_ms: float, clocks: int = 400) -> Messages:
    """`first`, and `clocks` more at another tempo on the same packets."""
    length = packet_ms * MS
    begin_ns = first[-1][0] + length / 2
    sent = [begin_ns + i * ns_per_tick(bpm) for i in range(clocks)]
    phase = first[-1][0] % length
    return first + [
        (round(math.ceil((at_ns - phase) / length) * length + phase), CLOCK) for at_ns in sent
    ]


@pytest.mark.parametrize("bpm", [124, 117])
def test_a_leader_in_packets_may_change_its_tempo(bpm: float) -> None:
    follower = followed(slowed(packets(120, 20, clocks=500), bpm, 20))
    assert follower.position == 899
    assert follower.bpm == pytest.approx(bpm, rel=0.005)


def test_a_packet_that_is_held_up_does_not_end_them() -> None:
    messages = packets(120, 20)
    late = messages[600][0] + 17 * MS
    held = [(late if 600 <= i < 602 else at, message) for i, (at, message) in enumerate(messages)]
    follower = followed(sorted(held, key=lambda one: one[0]))
    assert follower.position == CLOCKS - 1
    assert follower.bpm == pytest.approx(120, rel=0.005)


@pytest.mark.parametrize("packet_ms", [20, 22])
def test_after_a_pause_packets_are_counted_from_the_first_clock_on(packet_ms: float) -> None:
    first = packets(120, packet_ms)
    pause = first[-1][0] + 3_000 * MS
    again = [(at - first[1][0] + pause, message) for at, message in first if message == CLOCK]
    follower = followed([*first, (pause - MS, START), *again])
    assert follower.position == CLOCKS - 1
    assert follower.bpm == pytest.approx(120, rel=0.005)


def test_losses_that_looked_even_are_made_up_for_once_they_no_longer_do() -> None:
    """The distances of the first six are even by chance, so they passed for packets."""
    ticks, lost = 767, {60, 90, 120, 150, 180, 210, 224, 271, 290, 355, 370, 440, 481, 560, 640}
    period = ns_per_tick(120)
    stream = [(round(1_000 * MS + i * period), CLOCK) for i in range(ticks) if i not in lost]
    follower = Follower(Sequencer(PlaySettings(), HATS, 0), ClockSource.EXTERNAL)
    follower.feed(START, 998 * MS)
    positions = []
    for at_ns, message in stream:
        follower.feed(message, at_ns)
        positions.append(follower.position - round((at_ns - 1_000 * MS) / period))
    assert min(positions) <= -5, "they did not pass for packets"
    assert follower.position == ticks - 1


@pytest.mark.parametrize("spacing_ms", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("singles", [0, 1, 96])
def test_doubled_clocks_are_left_out_from_the_first_on(spacing_ms: float, singles: int) -> None:
    period = ns_per_tick(120)
    messages = [(998 * MS, START)]
    for i in range(400):
        messages.append((round(1_000 * MS + i * period), CLOCK))
        if i >= singles and singles != 1:
            messages.append((messages[-1][0] + round(spacing_ms * MS), CLOCK))
    follower = followed(messages)
    assert follower.position == 399
    assert follower.bpm == pytest.approx(120, rel=0.005)


@pytest.mark.parametrize("lost", [1, 3, 12, 20])
def test_lost_clocks_are_made_up_for(lost: int) -> None:
    period = ns_per_tick(110)
    ticks = [tick for tick in range(400) if not 200 <= tick < 200 + lost]
    follower = followed(
        [(998 * MS, START), *((round(1_000 * MS + tick * period), CLOCK) for tick in ticks)]
    )
    assert follower.position == 399


@pytest.mark.parametrize(("bpm", "packet_ms"), [(120, 30), (60, 40), (200, 40), (133, 7.5)])
def test_the_beat_hardly_jitters_although_clocks_come_in_packets(
    bpm: float, packet_ms: float
) -> None:
    box = FollowingBox()
    assert box.sequencer.pattern == EVERY_STEP
    box.hear(packets(bpm, packet_ms))
    period = ns_per_tick(bpm)
    late = [(on - 1_000 * MS - i * STEP_TICKS * period) / MS for i, on in enumerate(box.ons())]
    locked = late[len(late) // 3 :]
    assert min(locked) >= 0
    assert max(locked) - min(locked) < 6, (min(locked), max(locked))
    assert max(locked) < packet_ms


@pytest.mark.parametrize("packet_ms", [15, 20, 30, 40])
@pytest.mark.parametrize("bpm", [60, 90, 120, 150, 200])
def test_the_monitor_gives_the_tempo_of_packets_and_misses_none(bpm: int, packet_ms: int) -> None:
    stats = ClockStats()
    for at_ns, message in packets(bpm, packet_ms):
        stats.feed(message, at_ns)
    report = stats.report()
    assert report.bpm == pytest.approx(bpm, rel=0.005)
    assert report.missing == 0
