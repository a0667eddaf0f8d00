import pytest

from drumatlas.midi.alsa.events import EVENT_SIZE, pack, stamps
from drumatlas.play.events import CLOCK, CONTINUE, START, STOP
from support.alsa_library import alsa_or_skip

MESSAGES = [
    *(CLOCK, START, CONTINUE, STOP),
    *(b"\x99\x24\x40", b"\x80\x7f\x40", b"\xb9\x7b\x00", b"\xbf\x78\x00", b"\xf2\x05\x61"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=bytes.hex)
def test_events_are_packed_as_the_library_packs_them(message: bytes) -> None:
    alsa_midi = alsa_or_skip()
    from alsa_midi._ffi import alsa, ffi

    parser_p = ffi.new("snd_midi_event_t **")
    assert alsa.snd_midi_event_new(64, parser_p) == 0
    theirs = ffi.new("snd_seq_event_t *")
    event = alsa_midi.MidiBytesEvent(message, time=alsa_midi.RealTime(7, 123456789))
    event._to_alsa(theirs, queue=3, port=1)
    theirs.source.client = 128
    theirs.dest.port = 253  # any port of the subscribers
    used = alsa.snd_midi_event_encode(parser_p[0], message, len(message), theirs)
    assert used == len(message)
    alsa.snd_midi_event_free(parser_p[0])
    expected = bytes(ffi.buffer(theirs))
    assert pack(message, (7, 123456789), 3, (128, 1)) == expected[:EVENT_SIZE]
    assert len(expected) == EVENT_SIZE


def test_a_delivered_event_has_its_queue_and_time() -> None:
    events = pack(CLOCK, (7, 5), 3, (128, 1)) + pack(STOP, (0, 9), 4, (128, 1))
    assert stamps(events + b"half") == [(3, (7, 5)), (4, (0, 9))]


def test_a_message_that_the_sequencer_never_sends_is_an_error() -> None:
    with pytest.raises(ValueError, match="unexpected message"):
        pack(b"\xf0\x01\xf7", (0, 0), 0, (0, 0))
