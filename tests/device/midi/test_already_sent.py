"""A port that was late to take back: whatever the moment, what arrives is as if it had not been."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.already_sent import AlreadySent
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP, Event
from support.playing import HATS, STEP, midi, sequencer

MS = 1_000_000
ON, OFF = b"\x99\x24\x64", b"\x89\x24\x40"


def test_a_delivered_message_is_not_sent_again() -> None:
    already_sent = AlreadySent()
    already_sent.record([(10 * MS, CLOCK), (10 * MS, ON)])
    again = [Event(10 * MS, CLOCK), Event(10 * MS, ON), Event(31 * MS, CLOCK), Event(40 * MS, OFF)]
    assert already_sent.split(again) == (again[2:], again[:2])
    assert already_sent.split(again) == (again, ()), "once only"


def test_a_clock_that_another_tempo_moved_is_the_same_clock() -> None:
    already_sent = AlreadySent()
    already_sent.record([(10 * MS, CLOCK)])
    moved, next_one = Event(11 * MS, CLOCK), Event(33 * MS, CLOCK)
    assert already_sent.split([moved, next_one]) == ([next_one], [moved])


def test_clocks_are_counted_however_far_a_tempo_moves_them() -> None:
    already_sent = AlreadySent()
    already_sent.record([(at_ns * MS, CLOCK) for at_ns in (10, 18, 26)])
    slow = [Event(at_ns * MS, CLOCK) for at_ns in range(50, 450, 100)]
    assert already_sent.split(slow[:2])[0] == []
    assert already_sent.split(slow[2:])[0] == slow[3:]


@pytest.mark.parametrize(
    ("goes_on", "idle", "left_out"),
    [
        (CONTINUE, 0, 2),  # the receiver is two clocks ahead of where it was stopped
        (CONTINUE, 5, 2),  # clocks while it is stopped are not counted
        (START, 0, 0),
        (b"\xf2\x04\x00", 0, 0),
    ],
)
def test_a_receiver_that_was_stopped_late_is_in_step_when_it_goes_on(
    goes_on: bytes, idle: int, left_out: int
) -> None:
    already_sent = AlreadySent()
    already_sent.record([(10 * MS, CLOCK), (31 * MS, CLOCK)])
    clocks = [Event(1000 * MS + tick, CLOCK) for tick in range(4)]
    already_sent.split([Event(5 * MS, STOP)])
    assert len(already_sent.split([Event(50 * MS, CLOCK)] * idle)[0]) == max(idle - 2, 0)
    assert already_sent.split([Event(999 * MS, goes_on), *clocks])[0][1:] == clocks[left_out:]


def test_a_note_struck_again_keeps_its_end() -> None:
    already_sent = AlreadySent()
    already_sent.record([(10 * MS, ON), (12 * MS, OFF)])
    softer = [Event(10 * MS, ON[:2] + b"\x30"), Event(12 * MS, OFF)]
    assert already_sent.split(softer)[0] == [Event(0, OFF), *softer]


def test_a_message_that_undoes_a_delivered_one_is_sent() -> None:
    already_sent = AlreadySent()
    already_sent.record([(10 * MS, START)])
    again = [Event(8 * MS, STOP), Event(12 * MS, START)]
    assert already_sent.split(again)[0] == again


def test_a_note_that_is_out_and_does_not_come_again_is_ended_first() -> None:
    already_sent = AlreadySent()
    already_sent.record([(10 * MS, ON), (11 * MS, CLOCK)])
    assert already_sent.split([Event(5 * MS, STOP)])[0] == [Event(0, OFF), Event(5 * MS, STOP)]


@given(st.integers(0, 120 * MS), st.integers(0, 120 * MS))
def test_nothing_is_lost_or_doubled_by_a_machine_that_stood_still(
    from_ns: int, for_ns: int
) -> None:
    def play(stood_still: bool) -> list[tuple[int, bytes]]:
        """A player that is asked for the same pattern again at one second; `stood_still`: what
        was taken back after `from_ns` was out for `for_ns` already."""
        seq = sequencer(HATS)
        seq.can_rewind = True
        seq.start()
        out = seq.advance(1000 * MS)
        out += seq.advance(1120 * MS)
        seq.panic()  # an urgent command of no lasting consequence
        back = seq.rewind(1000 * MS + from_ns)
        taken = [(o.at_ns, o.data) for o in out if isinstance(o, Event) and o.at_ns > back]
        kept = [o for o in out if o.at_ns <= back]
        already_sent = AlreadySent()
        delivered = []
        if stood_still:
            delivered = [(at_ns, data) for at_ns, data in taken if at_ns <= back + for_ns]
            already_sent.record(delivered)
        again = [o for o in seq.advance(1120 * MS + STEP) if isinstance(o, Event)]
        return sorted(midi(kept) + delivered + midi(list(already_sent.split(again)[0])))

    def clocks(messages: list[tuple[int, bytes]]) -> list[int]:
        return [at_ns for at_ns, data in messages if data == CLOCK]

    stood, went_on = play(True), play(False)
    assert clocks(stood) == clocks(went_on)
    assert stood == sorted(stood)
    ons = [m for m in stood if m[1][0] & 0xF0 == 0x90]
    assert len(ons) == len(set(ons)), "no note twice"
    assert ons == [m for m in went_on if m[1][0] & 0xF0 == 0x90]
