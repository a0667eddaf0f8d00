from hypothesis import given
from hypothesis import strategies as st

from drumatlas.play import events
from drumatlas.play.events import LAST_POSITION, NOTE_OFF, NOTE_ON, RELEASE_VELOCITY

channels, notes = st.integers(0, 15), st.integers(0, 127)


@given(channels, notes, st.integers(1, 127))
def test_a_note_on_and_its_off_have_one_key(channel: int, note: int, velocity: int) -> None:
    on = bytes((NOTE_ON | channel, note, velocity))
    off = events.note_off(7, events.note_key(on))
    assert off.at_ns == 7
    assert off.data == bytes((NOTE_OFF | channel, note, RELEASE_VELOCITY))
    assert events.note_key(on) == events.note_key(off.data) == (channel, note)
    assert events.channel(on) == channel
    assert (events.kind(on), events.kind(off.data)) == (NOTE_ON, NOTE_OFF)
    assert events.is_note(on)
    assert events.is_note(off.data)
    assert events.is_note_on(on)
    assert not events.is_note_on(off.data)


def test_a_note_on_of_velocity_0_begins_no_note() -> None:
    assert not events.is_note_on(b"\x99\x24\x00")
    assert events.is_note(b"\x99\x24\x00")


@given(st.integers(0, LAST_POSITION))
def test_a_song_position_comes_back(step: int) -> None:
    message = events.song_position(step)
    assert len(message) == 3
    assert max(message[1:]) < 0x80
    assert events.position_of(message) == step
    assert events.song_position(step + LAST_POSITION + 1) == message


def test_system_messages_have_no_channel() -> None:
    system = [events.CLOCK, events.START, events.CONTINUE, events.STOP, events.song_position(5)]
    assert all(map(events.is_system, system))
    assert not any(map(events.is_note, system))
    assert {message[0] for message in system[1:]} == events.TRANSPORT
    for status in (0x80, 0x9F, 0xB0, 0xC5, 0xEF):
        assert not events.is_system(bytes((status, 0, 0)))
