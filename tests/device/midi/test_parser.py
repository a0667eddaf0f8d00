from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.parser import MessageParser

LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}

channel_messages = st.tuples(
    st.sampled_from(sorted(LENGTHS)), st.integers(0, 15), st.integers(0, 127), st.integers(0, 127)
).map(lambda m: bytes((m[0] | m[1], m[2], m[3]))[: LENGTHS[m[0]]])
system_messages = st.sampled_from([b"\xf1\x01", b"\xf2\x01\x02", b"\xf3\x05", b"\xf6", b"\xf8"])
messages = st.lists(channel_messages | system_messages, max_size=20)


@given(messages, st.integers(1, 7))
def test_whole_messages_come_out_whatever_the_pieces(sent: list[bytes], piece: int) -> None:
    stream = b"".join(sent)
    parser = MessageParser()
    heard: list[bytes] = []
    for i in range(0, len(stream), piece):
        heard += parser.feed(stream[i : i + piece])
    assert heard == sent


def test_running_status_repeats_the_last_status_byte() -> None:
    assert MessageParser().feed(b"\x99\x24\x40\x26\x41\xc9\x05\x06") == [
        b"\x99\x24\x40",
        b"\x99\x26\x41",
        b"\xc9\x05",
        b"\xc9\x06",
    ]


def test_real_time_inside_a_message_comes_first_and_breaks_nothing() -> None:
    assert MessageParser().feed(b"\x99\xf8\x24\xfa\x40") == [b"\xf8", b"\xfa", b"\x99\x24\x40"]


def test_system_common_ends_running_status() -> None:
    assert MessageParser().feed(b"\x99\x24\x40\xf3\x01\x26\x41") == [b"\x99\x24\x40", b"\xf3\x01"]


def test_sysex_is_skipped_and_never_kept() -> None:
    parser = MessageParser()
    for _ in range(1000):
        assert parser.feed(b"\xf0" + bytes(1000)) == []
    assert len(parser._data) == 0
    assert parser.feed(b"\xf7\x99\x24\x40") == [b"\x99\x24\x40"]


def test_undefined_and_orphaned_bytes_are_dropped() -> None:
    assert MessageParser().feed(b"\x24\x40\xf4\x01\xf5\xf9\xfd\xfe") == [b"\xfe"]


@given(st.binary(max_size=500))
def test_any_bytes_give_well_formed_messages_only(data: bytes) -> None:
    for message in MessageParser().feed(data):
        assert 1 <= len(message) <= 3
        assert message[0] >= 0x80
        assert all(byte < 0x80 for byte in message[1:])
