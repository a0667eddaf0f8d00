import pytest

from drumatlas.beat.voices import VOICE_TABLE, VOICES
from drumatlas.play.kits import KITS
from drumatlas.play.settings import DEFAULT_VOICES


@pytest.mark.parametrize("name", KITS)
def test_a_kit_has_a_note_and_a_channel_for_each_voice(name: str) -> None:
    assert len(KITS[name]) == VOICES
    assert all(0 <= note <= 127 and 1 <= channel <= 16 for note, channel in KITS[name])


# The makers' tables, see the docstring of kits.
SOUNDS = {
    "tr-8s": (36, 38, 43, 47, 50, 37, 39, 42, 46, 49, 51),
    "volca-beats": (36, 38, 43, 50, 42, 46, 39, 75, 67, 49),
    "digitakt": range(8),
}
OWN = {  # what both the machine and the 14 voices have
    "tr-8s": {
        "kick": 36, "snare": 38, "low tom": 43, "mid tom": 47, "high tom": 50, "closed hat": 42,
        "open hat": 46, "crash": 49, "ride": 51,
    },
    "volca-beats": {
        "kick": 36, "snare": 38, "low tom": 43, "high tom": 50, "closed hat": 42, "open hat": 46,
        "crash": 49,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SOUNDS)
def test_a_kit_plays_what_the_machine_has(name: str) -> None:
    notes = [note for note, _ in KITS[name]]
    assert set(notes) <= set(SOUNDS[name])
    by_voice = {voice.name: notes[voice.bit] for voice in VOICE_TABLE}
    assert by_voice == by_voice | OWN.get(name, {})


def test_gm_is_what_plays_without_a_configuration() -> None:
    assert [note for note, _ in KITS["gm"]] == [out.note for out in DEFAULT_VOICES]
    assert {channel - 1 for _, channel in KITS["gm"]} == {out.channel for out in DEFAULT_VOICES}
