import pytest

from drumatlas.beat.voices import VOICES
from drumatlas.play.kits import KITS
from drumatlas.play.settings import DEFAULT_VOICES


@pytest.mark.parametrize("name", KITS)
def test_a_kit_has_a_note_and_a_channel_for_each_voice(name: str) -> None:
    assert len(KITS[name]) == VOICES
    assert all(0 <= note <= 127 and 1 <= channel <= 16 for note, channel in KITS[name])


def test_gm_is_what_plays_without_a_configuration() -> None:
    assert [note for note, _ in KITS["gm"]] == [out.note for out in DEFAULT_VOICES]
    assert {channel - 1 for _, channel in KITS["gm"]} == {out.channel for out in DEFAULT_VOICES}
