from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.parser import MessageParser
from drumatlas.midi.uart.serial_line import BYTE_NS, SerialLine
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP

NOTE = st.tuples(st.just(0x99), st.integers(0, 127), st.integers(0, 127)).map(bytes)
MESSAGES = st.one_of(
    NOTE,
    st.just(CLOCK),
    st.sampled_from([START, CONTINUE, STOP, b"\xf2\x10\x01", b"\xb9\x7b\x00"]),
)
TIMED = st.lists(st.tuples(st.integers(0, 3_000_000), MESSAGES), max_size=60)


def sent(timed: list[tuple[int, bytes]]) -> list[tuple[int, int, bytes]]:
    """(time it was put in, time it was all given out, message) in the order on the wire."""
    line, parser = SerialLine(), MessageParser()
    now = 0
    waiting: list[tuple[int, bytes]] = []
    out: list[tuple[int, int, bytes]] = []

    def drain(until: int) -> None:
        nonlocal now
        while (at := line.next_ns()) is not None and at <= until:
            now = max(now, at)
            for message in parser.feed(line.take(now)):
                put = next(one for one in waiting if one[1] == message)
                waiting.remove(put)
                out.append((put[0], now, message))
        now = max(now, until)

    for gap, message in timed:
        drain(now + gap)
        line.put(message)
        waiting.append((now, message))
    drain(1 << 60)
    assert not waiting
    return out


@given(TIMED)
def test_all_comes_whole_and_in_order_but_for_clocks(timed: list[tuple[int, bytes]]) -> None:
    out = [message for _, _, message in sent(timed)]
    whole = [message for _, message in timed]
    assert [one for one in out if one != CLOCK] == [one for one in whole if one != CLOCK]
    system = [one for one in out if one[0] >= 0xF0]
    assert system == [one for one in whole if one[0] >= 0xF0], "a clock changed its meaning"


@given(TIMED)
def test_a_line_is_never_given_more_than_it_sends(timed: list[tuple[int, bytes]]) -> None:
    line, now, given_out, began = SerialLine(), 0, 0, 0
    for gap, message in timed:
        now += gap
        line.put(message)
        if given_out * BYTE_NS <= now - began:
            began, given_out = now, 0  # all was sent; it starts anew
        given_out += len(line.take(now))
        assert given_out * BYTE_NS <= now - began + 2 * BYTE_NS


@given(st.lists(NOTE, max_size=30), st.integers(0, 5_000_000))
def test_a_clock_waits_for_two_bytes_at_most(notes: list[bytes], at_ns: int) -> None:
    out = sent([*((0, note) for note in notes), (at_ns, CLOCK)])
    put, gone = next((put, gone) for put, gone, message in out if message == CLOCK)
    # Given to the driver at once, or when the byte before it went; which holds one byte more.
    assert gone - put <= BYTE_NS


def test_a_line_that_is_gone_forgets() -> None:
    line = SerialLine()
    line.put(START)
    line.put(b"\x99\x24\x40")
    line.clear()
    assert line.next_ns() is None
    line.put(CLOCK)
    assert line.take(0) == CLOCK


def test_nothing_is_sent_with_running_status() -> None:
    line = SerialLine()
    for _ in range(3):
        line.put(b"\x99\x24\x40")
    out = b"".join(line.take(now * BYTE_NS) for now in range(20))
    assert out == b"\x99\x24\x40" * 3
