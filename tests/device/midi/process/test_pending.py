"""What a sending process sends: taken back in time or too late."""

import pytest

from drumatlas.midi.process.frames import RECONNECTED, SETTLED, WITHDRAW
from drumatlas.midi.process.pending import Pending
from drumatlas.play.events import CLOCK, STOP

MS = 1_000_000
ON, OFF = b"\x99\x24\x64", b"\x89\x24\x40"


def run_to(pending: Pending, now_ns: int) -> list[bytes]:
    sent = []
    while (at_ns := pending.next_ns()) is not None and at_ns <= now_ns:
        sent.append(pending.pop(max(at_ns, 0)))
    return sent


@pytest.fixture
def late() -> Pending:
    """A clock and a note were to be taken back and are out; the note's end was taken back."""
    pending = Pending()
    for at_ns, message in ((10 * MS, CLOCK), (10 * MS, ON), (60 * MS, OFF), (31 * MS, CLOCK)):
        pending.take(at_ns, message)
    assert run_to(pending, 20 * MS) == [CLOCK, ON]
    pending.take(5 * MS, WITHDRAW)
    assert pending.next_ns() is None
    return pending


def test_what_comes_again_is_not_sent_again(late: Pending) -> None:
    for at_ns, message in ((12 * MS, CLOCK), (12 * MS, ON), (33 * MS, CLOCK), (62 * MS, OFF)):
        late.take(at_ns, message)
        assert late.next_ns() is None, "not all is there yet"
    late.take(0, SETTLED)
    assert run_to(late, 100 * MS) == [CLOCK, OFF]


def test_what_is_taken_back_twice_is_not_sent_again_either(late: Pending) -> None:
    for again_ns in (18 * MS, 19 * MS):
        late.take(again_ns, CLOCK)
        late.take(again_ns, ON)
        late.take(0, SETTLED)
        assert run_to(late, 30 * MS) == []
        late.take(15 * MS, WITHDRAW)


def test_a_note_that_does_not_come_again_is_ended_though_nothing_comes(late: Pending) -> None:
    late.take(0, SETTLED)
    assert run_to(late, 0) == [OFF]


def test_the_end_of_the_parent_settles_it(late: Pending) -> None:
    late.take(6 * MS, STOP)
    late.settle()
    assert run_to(late, 10 * MS) == [OFF, STOP]


def test_a_clock_is_paid_back_whenever_the_next_one_comes(late: Pending) -> None:
    late.take(0, SETTLED)
    late.take(900 * MS, CLOCK)
    late.take(950 * MS, CLOCK)
    assert run_to(late, 2000 * MS) == [OFF, CLOCK]


def test_notes_that_are_too_late_do_not_begin_and_clocks_keep_their_distance() -> None:
    pending = Pending()
    for message in (ON, CLOCK, CLOCK, OFF):
        pending.take(MS, message)
    sent = [pending.pop(1000 * MS), pending.pop(1000 * MS)]
    assert sent == [b"", CLOCK]
    assert pending.next_ns() == 1006.25 * MS
    assert pending.pop(1007 * MS) == CLOCK
    assert pending.pop(1007 * MS) == OFF


def test_what_was_meant_for_a_receiver_that_was_away_is_forgotten_but_for_ends() -> None:
    pending = Pending()
    for at_ns, message in ((10 * MS, CLOCK), (11 * MS, ON), (12 * MS, OFF), (13 * MS, STOP)):
        pending.take(at_ns, message)
    pending.take(0, RECONNECTED)
    pending.take(31 * MS, CLOCK)
    assert run_to(pending, 100 * MS) == [OFF, CLOCK]
