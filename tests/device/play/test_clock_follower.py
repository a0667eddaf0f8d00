"""The follower under hostile clocks: nothing lost, nothing double, and where the leader is."""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from drumatlas.play.clock_follower import SILENT_NS, ClockSource
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP
from drumatlas.play.timeline import STEP_TICKS, ns_per_tick
from support.following_box import FollowingBox
from support.streams import Promises

MS = 1_000_000
Streams = dict[str, Callable[[], Any]]


def test_each_stream_keeps_its_promises(
    stream: Any, check_stream: Callable[..., Counter[str]]
) -> None:
    box = FollowingBox(thru=True)
    box.hear(stream.messages)
    box.sequencer.stop()
    box.wait_until(box.now + 100 * MS)
    check_stream(box.sent, Promises(gate=None, spacing_ns=0, lead_ns=0))


def test_after_each_stream_it_is_where_an_ideal_follower_is(stream: Any) -> None:
    box = FollowingBox()
    box.hear(stream.messages)
    last_ns = max(at_ns for at_ns, message in stream.messages if message == CLOCK)
    assert box.sequencer.tick_at(last_ns) == pytest.approx(stream.tick, abs=0.5)
    assert box.follower.bpm == pytest.approx(60e9 / 24 / stream.period_ns, rel=0.02)


@pytest.mark.parametrize("name", ["STEADY", "JITTERY", "DROPOUT", "DUPLICATES", "RAMP"])
def test_every_step_plays_once_and_near_its_clock(streams: Streams, name: str) -> None:
    stream = streams[name]()
    box = FollowingBox()
    box.hear(stream.messages)
    wanted = [t for tick, t in sorted(stream.times.items()) if tick % STEP_TICKS == 0]
    ons = box.ons()
    assert len(ons) - len(wanted) in {0, 1}  # one may be ahead of the last clock
    away = [abs(on - t) / MS for on, t in zip(ons, wanted, strict=False)]
    locked = away[8:]  # two beats
    assert max(locked) < 8  # ms; a step has 125
    assert sorted(locked)[len(locked) // 2] < 2


def test_a_leader_that_is_held_up_hardly_moves_the_beat(streams: Streams) -> None:
    stream = streams["HELD_UP"]()
    box = FollowingBox()
    box.hear(stream.messages)
    wanted = [t for tick, t in sorted(stream.times.items()) if tick % STEP_TICKS == 0]
    away = [min(abs(on - t) for t in wanted) / MS for on in box.ons()]
    assert len(away) == pytest.approx(len(wanted), abs=1)
    assert max(away[8:]) < 4  # held up by up to 70 ms


def test_no_step_is_lost_or_double_when_the_tempo_jumps(streams: Streams) -> None:
    stream = streams["TEMPO_JUMP"]()
    box = FollowingBox()
    box.hear(stream.messages)
    steps = stream.tick // STEP_TICKS + 1
    assert abs(len(box.ons()) - steps) <= 1  # at most one slip


def test_the_first_clock_after_start_is_the_one_and_its_notes_leave_with_it(leader: Any) -> None:
    one = leader(bpm=100)
    one.clocks(30)  # a leader that sends clock while stopped, too
    one.now += 13.7 * MS
    one.start()
    one.clocks(1)
    box = FollowingBox()
    box.hear(one.messages)
    first_clock = one.messages[-1][0]
    assert box.ons()[0] == first_clock


def test_stop_and_continue_go_on_where_it_stopped(leader: Any) -> None:
    one = leader()
    one.start()
    one.clocks(30)
    one.send(STOP)
    one.now += 500 * MS
    one.send(CONTINUE)
    one.clocks(30)
    box = FollowingBox()
    box.hear(one.messages)
    last_ns = one.messages[-1][0]
    assert box.sequencer.tick_at(last_ns) == pytest.approx(59, abs=0.5)
    stopped = next(at for at, message in one.messages if message == STOP)
    assert not [on for on in box.ons() if stopped < on < stopped + 400 * MS]


@pytest.mark.parametrize("source", [ClockSource.EXTERNAL, ClockSource.AUTO])
def test_started_by_hand_it_plays_from_the_top_to_a_leaders_bare_clock(
    leader: Any, source: ClockSource
) -> None:
    one = leader(bpm=100)
    one.clocks(30)
    box = FollowingBox(source)
    box.hear(one.messages)
    box.sequencer.start()
    one.clocks(60)
    box.hear(one.messages[30:])
    last_ns = one.messages[-1][0]
    assert box.sequencer.tick_at(last_ns) == pytest.approx(59, abs=0.5)
    assert len(box.ons()) == 10


def test_started_by_hand_it_joins_a_leader_that_plays(leader: Any) -> None:
    one = leader()
    one.start()
    one.clocks(30)
    box = FollowingBox()
    box.hear(one.messages)
    box.sequencer.stop()
    box.sequencer.start()
    one.clocks(30)
    box.hear(one.messages[31:])
    assert box.sequencer.tick_at(one.messages[-1][0]) == pytest.approx(59, abs=0.5)


@pytest.mark.parametrize(("hold", "sends_stop"), [(True, False), (False, True)])
def test_a_long_dropout_is_held_or_stopped(leader: Any, hold: bool, sends_stop: bool) -> None:
    one = leader()
    one.start()
    one.clocks(48)
    box = FollowingBox(hold=hold, thru=True)
    box.hear(one.messages)
    silence_ns = round(one.now)
    box.wait_until(silence_ns + 5_000 * MS)
    late = [on for on in box.ons() if on > silence_ns + 520 * MS]
    assert not late  # a beat is bridged, more is not
    assert (STOP in [event.data for event in box.sent]) == sends_stop
    assert box.sequencer.is_playing == hold


def test_after_a_hold_the_clock_goes_on_counting(
    leader: Any, check_stream: Callable[..., Counter[str]]
) -> None:
    one = leader()
    one.start()
    one.clocks(48)
    one.now += 5_000 * MS
    one.clocks(48)
    box = FollowingBox()
    box.hear(one.messages)
    assert box.ons()[-1] > one.now - 200 * MS
    box.sequencer.stop()
    box.wait_until(box.now + 50 * MS)
    assert len(box.ons()) <= 20


def test_thru_passes_transport_and_as_many_clocks(streams: Streams) -> None:
    stream = streams["STEADY"]()
    box = FollowingBox(thru=True)
    box.hear(stream.messages)
    data = [event.data for event in box.sent]
    assert data.count(START) == 1
    assert 0 <= data.count(CLOCK) - len(stream.messages) + 1 <= 2
    quiet = FollowingBox(thru=False)
    quiet.hear(stream.messages)
    assert {event.data[0] & 0xF0 for event in quiet.sent} == {0x90, 0x80}


def test_internal_ignores_all_of_it(streams: Streams) -> None:
    box = FollowingBox(ClockSource.INTERNAL)
    box.hear(streams["STEADY"]().messages[:100])
    assert box.sent == []


def test_auto_leads_follows_and_leads_again_without_a_double_hit(
    leader: Any, check_stream: Callable[..., Counter[str]]
) -> None:
    box = FollowingBox(ClockSource.AUTO)
    box.sequencer.start()
    one = leader(bpm=126)
    one.clocks(24 * 8)  # no Start: it was under way before we heard it
    box.hear(one.messages)
    assert box.follower.is_locked
    assert box.sequencer.is_following
    assert box.sequencer.bpm == pytest.approx(126, rel=0.01)
    box.wait_until(round(one.now) + SILENT_NS + 3_000 * MS)
    assert not box.sequencer.is_following
    assert box.sequencer.is_playing
    ons = box.ons()
    gaps = [b - a for a, b in itertools.pairwise(ons)]
    assert min(gaps) > 0.7 * STEP_TICKS * ns_per_tick(126)
    assert ons[-1] > box.now - 200 * MS


def test_auto_obeys_a_start(leader: Any, check_stream: Callable[..., Counter[str]]) -> None:
    box = FollowingBox(ClockSource.AUTO)
    box.sequencer.start()
    box.wait_until(700 * MS)
    one = leader(bpm=90)
    one.start()
    one.clocks(48)
    box.hear(one.messages)
    assert box.sequencer.is_following
    last_ns = one.messages[-1][0]
    assert box.sequencer.tick_at(last_ns) == pytest.approx(47, abs=0.5)
    box.sequencer.stop()
    box.wait_until(box.now + 50 * MS)
    notes = [event for event in box.sent if event.data[0] < 0xF0]
    assert sum(e.data[0] == 0x99 for e in notes) == sum(e.data[0] == 0x89 for e in notes)


def test_garbage_is_ignored() -> None:
    box = FollowingBox()
    for message in (b"", b"\xf2", b"\xf2\x01", b"\xfe", b"\x90\x40\x40", bytes(100)):
        box.follower.feed(message, 0)
    assert not box.sequencer.is_playing
