"""The last 8 bars, whatever was done before: on a virtual clock, through the tape."""

from dataclasses import dataclass
from io import BytesIO

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.beat.pattern import Pattern
from drumatlas.midi.files.last_bars import MAX_OUTPUTS
from drumatlas.midi.files.take import take_bytes
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort
from drumatlas.play.events import Event, TempoChange
from drumatlas.play.following import HeardClock
from drumatlas.play.timeline import Timeline, ns_per_tick
from support.playing import HATS, pattern_of, sequencer

BAR_TICKS, STEP_TICKS = 96, 6
FULL = pattern_of({step: [(voice, 100) for voice in range(14)] for step in range(32)})


@dataclass(frozen=True)
class ReadTake:
    """A take as its file has it: note-ons as steps of the file, and its length in bars."""

    steps: list[float]
    bars: float

    @property
    def off_grid(self) -> list[float]:
        return [step for step in self.steps if abs(step - round(step)) > 1e-6]


class TapedBox:
    """A sequencer and its tape; time is what the caller lets pass."""

    def __init__(self, pattern: Pattern = HATS, **options: object) -> None:
        self.seq = sequencer(pattern, **options)
        self.tape = Tape(NullPort())
        self.now = 0
        self.most = 0
        self.heard = 0  # the leader's next tick
        self.seq.start()

    def play_ns(self, ns: int, chunk_ns: int = 500_000_000) -> None:
        end = self.now + ns
        while self.now < end:
            self.now = min(self.now + chunk_ns, end)
            self.take()

    def take(self) -> None:
        self.tape.send(self.seq.advance(self.now))
        self.tape.tick(self.now)
        self.most = max(self.most, len(self.tape._bars))

    def play(self, bars: float) -> None:
        """Some bars at the tempo that is in force."""
        self.take()
        self.play_ns(round(bars * BAR_TICKS * ns_per_tick(self.seq.bpm)))

    def lead(self, ticks: int, bpm: float = 120) -> None:
        """The leader's clocks, each heard as it comes."""
        for _ in range(ticks):
            self.seq.hear_clock(HeardClock(self.heard, self.now, ns_per_tick(bpm)))
            self.heard += 1
            self.play_ns(round(ns_per_tick(bpm)) - 1000)
            self.now += 1000

    def keep(self) -> ReadTake:
        outputs = self.tape.last_bars(self.now)
        file = mido.MidiFile(file=BytesIO(take_bytes(outputs)))
        steps, tick = [], 0
        for message in file.tracks[0]:
            tick += message.time
            if message.type == "note_on":
                steps.append(tick / 120)
        return ReadTake(steps, tick / 480 / 4)

    def last_hit_ns(self) -> int:
        return max(
            one.at_ns
            for one in self.tape.last_bars(self.now)
            if isinstance(one, Event) and one.data[0] & 0xF0 == 0x90
        )


def follower(**options: object) -> TapedBox:
    box = TapedBox(**options)
    box.seq = sequencer(HATS, **options)
    box.seq.follow(True)
    box.seq.arm(0)
    return box


ALL = [float(step) for step in range(128)]


@pytest.mark.parametrize(("bpm", "minutes"), [(20, 180), (120, 20), (300, 10)])
def test_hours_at_one_tempo_give_the_last_8_bars(bpm: float, minutes: float) -> None:
    box = TapedBox(bpm=float(bpm))
    box.play_ns(round(minutes * 60e9))
    kept = box.keep()
    assert kept.steps == ALL
    assert kept.bars == pytest.approx(8, abs=0.05)
    assert box.now - box.last_hit_ns() <= 17 * STEP_TICKS * ns_per_tick(bpm)
    assert box.most < 3000


def test_the_busiest_beat_is_kept_whole_in_bounded_memory() -> None:
    box = TapedBox(FULL, bpm=300.0)
    box.play_ns(180_000_000_000)
    assert box.keep().steps == [step for step in ALL for _ in range(14)]
    assert box.most < MAX_OUTPUTS


def test_a_tempo_that_always_changes_gives_the_last_bars() -> None:
    box = TapedBox(bpm=60.0)
    for i in range(3000):
        box.seq.set_tempo(60 + i % 200)
        box.play_ns(50_000_000)
    kept = box.keep()
    assert kept.steps == ALL
    assert box.most < MAX_OUTPUTS


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(20, 300), st.floats(0.1, 30)), min_size=1, max_size=8),
    st.floats(9, 12),
)
def test_tempo_changes_leave_every_step_on_the_grid(
    tempos: list[tuple[float, float]], bars: float
) -> None:
    box = TapedBox()
    for bpm, some in tempos:
        box.seq.set_tempo(bpm)
        box.play(some)
    box.play(bars)
    assert box.keep().steps == ALL


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["stop", "locate", "stall", "tempo"]), st.floats(0.1, 12)),
        max_size=6,
    ),
    st.integers(0, 16383),
    st.floats(9.1, 40),
)
def test_the_last_bars_are_whole_whatever_was_done_before(
    doings: list[tuple[str, float]], position: int, bars: float
) -> None:
    box = TapedBox()
    box.play(1.3)
    for what, some in doings:
        if what == "stop":
            box.seq.stop()
            box.play_ns(round(some * 1e10))
            box.seq.resume()
        elif what == "locate":
            box.seq.locate(position)
        elif what == "stall":
            box.now += round(some * 1e9)
            box.seq.skip_to(box.now)
        else:
            box.seq.set_tempo(20 * some + 20)
        box.play(some)
    box.seq.locate(16 * (position // 16))  # on a bar line, wherever that is
    box.play(bars)
    assert box.keep().steps == ALL


def test_stop_and_continue_join() -> None:
    box = TapedBox()
    box.play(6.4)
    box.seq.stop()
    box.play_ns(3_600_000_000_000, 60_000_000_000)
    box.seq.resume()
    box.play(3)
    kept = box.keep()
    assert kept.steps == ALL
    assert kept.bars == pytest.approx(8, abs=0.05)


def test_a_bar_that_a_new_position_cut_short_ends_on_its_bar_line() -> None:
    box = TapedBox()
    box.play(4.49)  # 8 steps of the fifth bar
    box.seq.locate(0)
    box.play(4.2)
    cut_short = [step for step in ALL if not 4 * 16 - 8 <= step < 4 * 16]
    kept = box.keep().steps
    assert kept == cut_short


def test_start_begins_a_new_take_and_until_it_sounds_the_last_one_is_there() -> None:
    box = TapedBox()
    box.play(20)
    box.seq.stop()
    box.play_ns(5_000_000_000)
    assert len(box.keep().steps) == 128
    box.seq.start()
    box.play_ns(5_000_000)
    assert len(box.keep().steps) == 128
    box.play(2.5)
    assert box.keep().steps == ALL[:32]


def test_following_a_leader_that_stops() -> None:
    box = follower()
    box.lead(96 * 12 + 29)
    box.seq.stop()
    box.play_ns(600_000_000_000, 10_000_000_000)
    kept = box.keep()
    assert kept.steps == [float(step) for step in range(7 * 16 + 5)]


@pytest.mark.parametrize("thru", [False, True])
def test_following_a_leader_that_stops_and_continues(thru: bool) -> None:
    box = follower(thru=thru)
    box.lead(96 * 5 + 29)
    box.seq.stop()
    box.play_ns(60_000_000_000)
    box.heard = 96 * 5 + 29
    box.seq.arm(box.heard, is_continue=True)
    box.lead(96 * 4)
    assert box.keep().steps == ALL


def test_following_a_leader_that_loops_four_bars() -> None:
    box = follower()
    for _ in range(6):
        box.heard = 0
        box.seq.arm(0, is_continue=True)
        box.lead(96 * 4)
    box.lead(50)
    assert box.keep().steps == ALL


def test_following_a_leader_that_drops_out_and_comes_back() -> None:
    box = follower()
    box.lead(96 * 4 + 10)
    box.play_ns(7_770_000_000)  # it is held a beat later
    box.heard += 24
    box.lead(96 * 5)
    kept = box.keep()
    assert kept.off_grid == []
    assert kept.steps == ALL


def test_leading_on_after_the_leader_is_gone() -> None:
    box = follower()
    box.lead(96 * 4 + 10)
    box.play_ns(7_770_000_000)
    box.seq.follow(False)
    box.play(6)
    assert box.keep().steps == ALL


def test_a_change_from_the_past_keeps_nothing_from_being_taken_back() -> None:
    tape = Tape(NullPort())
    on, off = bytes((0x99, 42, 80)), bytes((0x89, 42, 64))
    start = TempoChange(Timeline(0, 0, 10), is_start=True)
    tape.send([start, Event(0, on), Event(30, off), Event(60, on)])
    tape.send([TempoChange(Timeline(40, 4, 10)), Event(90, off)])
    tape.withdraw(50)
    tape.send([Event(60, on), Event(90, off)])
    ons = [one for one in tape.last_bars(95) if isinstance(one, Event) and one.data == on]
    assert [one.at_ns for one in ons] == [0, 60]


def test_a_recording_goes_on_at_the_next_16th_wherever_it_is_continued() -> None:
    box = TapedBox()
    outputs = box.seq.advance(box.now)
    for act, ns in ((None, 1_000_000_000), ("stop", 1), ("resume", 1_000_000_000)):
        if act:
            getattr(box.seq, act)()
        box.now += ns
        outputs += box.seq.advance(box.now)
    file = mido.MidiFile(file=BytesIO(take_bytes(outputs)))
    assert sum(m.time for m in file.tracks[0]) / 120 <= 18  # two seconds of 16ths
