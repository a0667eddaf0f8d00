from drumatlas.play.events import CLOCK, NOTE_ON, START, STOP, Event, panic
from support.fake_synth import FakeSynth, play_to

SECOND = 1_000_000_000


def test_back_in_it_hears_panic_on_the_channels_that_came_into_use_too() -> None:
    synth = FakeSynth()
    events = [Event(0, bytes((NOTE_ON | 2, 60, 100))), Event(4 * SECOND, CLOCK)]
    play_to(synth, events, (9,), [(SECOND, 2 * SECOND)])
    assert synth.heard[:4] == [event.data for event in panic(0, (9, 2))]


def test_at_its_end_it_ends_what_still_sounds_and_stops_the_clock() -> None:
    """The parent may be dead by then, and its note-offs with it."""
    synth = FakeSynth()
    notes = [bytes((NOTE_ON | 9, 36, 100)), bytes((NOTE_ON | 2, 60, 100))]
    events = [Event(0, START), *(Event(SECOND, note) for note in notes)]
    play_to(synth, events, (9,), [])
    assert not synth.sounding
    assert not synth.is_started
    assert synth.heard[-1] == STOP
