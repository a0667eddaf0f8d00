import pytest

from drumatlas.beat.drum_map import GM, NO_VOICE, V_DRUMS_MAP, map_for, map_of_voices
from drumatlas.beat.voices import BIT_OF_NOTE, VOICE_TABLE, VOICES

BIT = {voice.name: voice.bit for voice in VOICE_TABLE}
# The table on Groove MIDI's page (Gillick et al. 2019), by our names.
GROOVE_MIDI = {
    "kick": (36,),
    "snare": (38, 40, 37),
    "high tom": (48, 50),
    "mid tom": (45, 47),
    "low tom": (43, 58),
    "open hat": (46, 26),
    "closed hat": (42, 22, 44),
    "crash": (49, 55, 57, 52),
    "ride": (51, 59, 53),
}


@pytest.mark.parametrize("channel", [0, 9, 15])
def test_general_midi_is_the_same_on_each_channel(channel: int) -> None:
    assert {key: GM.bit(channel, key) for key in BIT_OF_NOTE} == BIT_OF_NOTE
    assert all(GM.bit(channel, key) == NO_VOICE for key in range(128) if key not in BIT_OF_NOTE)


@pytest.mark.parametrize("name", GROOVE_MIDI)
def test_v_drums_fold_as_the_authors_of_groove_midi_publish(name: str) -> None:
    assert {V_DRUMS_MAP.bit(9, key) for key in GROOVE_MIDI[name]} == {BIT[name]}


def test_v_drums_are_known_by_their_hats_edges() -> None:
    played = {key for keys in GROOVE_MIDI.values() for key in keys}
    assert map_for(played) is V_DRUMS_MAP
    assert map_for(played - {22}) is map_for(played - {26}) is V_DRUMS_MAP
    assert map_for(played - {22, 26}) is GM  # the same notes as any drum kit
    assert map_for(played | {56}) is GM  # no V-Drums have a cowbell there
    assert map_for(()) is GM


def test_a_kits_notes_count_before_those_of_general_midi() -> None:
    places = [(voice.note, 9) for voice in VOICE_TABLE]
    places[BIT["high bongo"]] = (39, 9)  # hand claps in General MIDI
    table = map_of_voices("own", places)
    assert table.bit(9, 39) == BIT["high bongo"]
    assert table.bit(9, 40) == BIT["snare"]
    assert table.bit(9, 60) == BIT["high bongo"]  # as nothing else plays it


def test_a_note_of_two_voices_is_the_first_of_them() -> None:
    table = map_of_voices("own", [(5, 0)] * VOICES)
    assert table.bit(0, 5) == 0
    assert table.channels == {0}
    assert [key for key in range(128) if table.bit(0, key) != NO_VOICE] == [5]


def test_voices_that_keep_their_note_keep_what_folds_into_it() -> None:
    places = [(voice.note, 0) for voice in VOICE_TABLE]
    places[BIT["ride"]] = (20, 3)
    table = map_of_voices("own", places)
    assert table.bit(0, 40) == BIT["snare"]
    assert table.bit(3, 20) == BIT["ride"]
    assert table.bit(0, 53) == table.bit(3, 53) == table.bit(9, 36) == NO_VOICE


def test_channels_that_a_map_does_not_name_have_its_notes() -> None:
    places = [(voice.bit, voice.bit % 2) for voice in VOICE_TABLE]
    table = map_of_voices("own", places).on(frozenset((0, 7)))
    assert table.channels == {0, 7}
    assert [table.bit(7, key) for key in range(VOICES)] == list(range(VOICES))
    assert (table.bit(0, 2), table.bit(0, 3)) == (2, NO_VOICE)
    assert GM.on(frozenset((3,))).bit(3, 38) == BIT["snare"]
