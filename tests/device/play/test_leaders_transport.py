"""Start, Continue, Stop and Song Position of leaders, in all the orders that they come in."""

import itertools
from typing import Any

import pytest

from drumatlas.play.clock_follower import ClockSource
from drumatlas.play.events import CONTINUE, SONG_POSITION, START, STOP
from drumatlas.play.timeline import BAR_TICKS, STEP_TICKS
from support.following_box import MS, FollowingBox

SOURCES = [ClockSource.EXTERNAL, ClockSource.AUTO]


def song_position(step: int) -> bytes:
    return bytes((SONG_POSITION, step & 0x7F, step >> 7))


@pytest.mark.parametrize("before", [False, True], ids=["continue", "position and continue"])
@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_continue_at_every_bar_changes_nothing(leader: Any, before: bool, ahead: int) -> None:
    one, plain = leader(), leader()
    one.start()
    plain.start()
    one.clocks(BAR_TICKS + ahead)
    plain.clocks(5 * BAR_TICKS + ahead)
    for bar in range(1, 5):
        if before:
            one.send(song_position(16 * bar))
        one.send(CONTINUE)
        one.clocks(BAR_TICKS)
    box, undisturbed = FollowingBox(thru=True), FollowingBox(thru=True)
    box.hear(one.messages)
    undisturbed.hear(plain.messages)
    assert box.follower.position == 5 * BAR_TICKS + ahead - 1
    assert box.sent == undisturbed.sent


def test_continue_leaves_a_box_started_by_hand_where_it_is(leader: Any) -> None:
    one = leader()
    one.clocks(30)
    box = FollowingBox()
    box.hear(one.messages)
    box.sequencer.start()
    one.clocks(60)
    one.send(CONTINUE)
    one.clocks(60)
    box.hear(one.messages[30:])
    assert box.sequencer.tick_at(one.messages[-1][0]) == pytest.approx(119, abs=0.5)


def test_a_real_jump_jumps_and_is_passed_on(leader: Any) -> None:
    one = leader()
    one.start()
    one.clocks(100)
    one.send(song_position(64))
    one.send(CONTINUE)
    one.clocks(30)
    box = FollowingBox(thru=True)
    box.hear(one.messages)
    assert box.sequencer.tick_at(one.messages[-1][0]) == pytest.approx(64 * 6 + 29, abs=0.5)
    assert box.transport() == [START, STOP, song_position(64), CONTINUE]


# What it plays from after these, and clocks: nothing, or a tick.
SAID = {"S": START, "C": CONTINUE, "X": STOP, "p": song_position(5), "q": song_position(40)}


def wanted(order: str) -> int | None:
    """By the MIDI specification; a position that comes while it plays, or is to, is gone to."""
    position, plays = 0, False
    for one in order:
        if one == "S":
            position, plays = 0, True
        elif one in "CX":
            plays = one == "C"
        elif one in "pq":
            position = {"p": 5, "q": 40}[one] * STEP_TICKS
    return position if plays else None


ORDERS = ["".join(order) for n in (2, 3, 4) for order in itertools.permutations("SCXpq", n)]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("idle", [0, 3])
def test_any_order_plays_from_where_it_says(source: ClockSource, idle: int, leader: Any) -> None:
    for order in ORDERS:
        one = leader()
        for kind in order:
            one.send(SAID[kind])
            one.now += 20 * MS
            if wanted(order[: order.index(kind) + 1]) is None:
                one.clocks(idle)
        one.clocks(12)
        box = FollowingBox(source, thru=True)
        box.hear(one.messages)
        position = wanted(order)
        last_ns = one.messages[-1][0]
        assert bool(box.ons()) == (position is not None), order
        if position is not None:
            assert box.sequencer.tick_at(last_ns) == pytest.approx(position + 11, abs=0.5), order


def test_stop_may_come_again(leader: Any) -> None:
    one = leader()
    one.start()
    one.clocks(50)
    for _ in range(3):
        one.send(STOP)
        one.clocks(7)
    one.send(CONTINUE)
    one.clocks(10)
    box = FollowingBox(thru=True)
    box.hear(one.messages)
    assert box.sequencer.tick_at(one.messages[-1][0]) == pytest.approx(59, abs=0.5)
    assert box.transport() == [START, STOP, CONTINUE]


@pytest.mark.parametrize("hold", [False, True])
def test_continue_after_a_lost_clock_plays_on(leader: Any, hold: bool) -> None:
    one = leader()
    one.start()
    one.clocks(48)
    one.now += 3_000 * MS
    one.send(CONTINUE)
    one.clocks(48)
    box = FollowingBox(hold=hold)
    box.hear(one.messages)
    assert box.sequencer.is_playing
    assert box.sequencer.tick_at(one.messages[-1][0]) == pytest.approx(95, abs=0.5)
