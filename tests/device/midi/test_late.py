"""A port that was late to take back: whatever the moment, what arrives is as if it had not been."""

from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.late import Late
from drumatlas.play.events import CLOCK, STOP, Event
from playing import HATS, STEP, midi, sequencer

MS = 1_000_000
ON, OFF = b"\x99\x24\x64", b"\x89\x24\x40"


def test_what_is_out_does_not_go_out_again() -> None:
    late = Late()
    late.note([(10 * MS, CLOCK), (10 * MS, ON)])
    again = [Event(10 * MS, CLOCK), Event(10 * MS, ON), Event(31 * MS, CLOCK), Event(40 * MS, OFF)]
    assert late.sift(again) == again[2:]
    assert late.sift(again) == again, "once only"


def test_a_clock_that_another_tempo_moved_is_the_same_clock() -> None:
    late = Late()
    late.note([(10 * MS, CLOCK)])
    assert late.sift([Event(11 * MS, CLOCK), Event(33 * MS, CLOCK)]) == [Event(33 * MS, CLOCK)]


def test_a_note_that_is_out_and_does_not_come_again_is_ended_first() -> None:
    late = Late()
    late.note([(10 * MS, ON), (11 * MS, CLOCK)])
    assert late.sift([Event(5 * MS, STOP)]) == [Event(0, OFF), Event(5 * MS, STOP)]


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
        late = Late()
        delivered = []
        if stood_still:
            delivered = [(at_ns, data) for at_ns, data in taken if at_ns <= back + for_ns]
            late.note(delivered)
        again = [o for o in seq.advance(1120 * MS + STEP) if isinstance(o, Event)]
        return sorted(midi(kept) + delivered + midi(list(late.sift(again))))

    def clocks(messages: list[tuple[int, bytes]]) -> list[int]:
        return [at_ns for at_ns, data in messages if data == CLOCK]

    stood, went_on = play(True), play(False)
    assert clocks(stood) == clocks(went_on)
    assert stood == sorted(stood)
    ons = [m for m in stood if m[1][0] & 0xF0 == 0x90]
    assert len(ons) == len(set(ons)), "no note twice"
    assert ons == [m for m in went_on if m[1][0] & 0xF0 == 0x90]
