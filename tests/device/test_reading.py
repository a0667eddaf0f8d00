"""`--map` and `--channel`."""

import argparse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.drum_map import GM, NO_VOICE, V_DRUMS_MAP
from drumatlas.beat.drums import Reading
from drumatlas.beat.voices import VOICE_TABLE, VOICES
from drumatlas.config.example import example
from drumatlas.config.keys import table_of
from drumatlas.errors import ConfigError
from drumatlas.play.kits import KITS
from drumatlas.reading import NAMES, add_reading, read_map, reading_of


def reading(*words: str) -> Reading:
    parser = argparse.ArgumentParser()
    add_reading(parser)
    return reading_of(parser.parse_args(words))


def test_without_options_a_file_speaks_for_itself() -> None:
    assert reading() == Reading(None, None)


def test_channels_may_stand_in_a_list_or_one_by_one() -> None:
    wanted = frozenset((0, 9, 15))
    assert reading("--channel", "1,10,16").channels == wanted
    assert reading("--channel", "1", "--channel", "10,16").channels == wanted


@pytest.mark.parametrize("words", ["0", "17", "1,", "ten", "1,x", "-1"])
def test_a_malformed_channel_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        reading(f"--channel={words}")
    assert "--channel" in capsys.readouterr().err


def test_note_tables_and_kits_have_names() -> None:
    assert set(NAMES) == {"v-drums", *KITS}
    assert read_map("gm") is GM
    assert read_map("v-drums") is V_DRUMS_MAP


@pytest.mark.parametrize("kit", [kit for kit in KITS if kit != "gm"])
def test_a_kits_map_is_what_it_plays(kit: str) -> None:
    table = read_map(kit)
    places = [(note, channel - 1) for note, channel in KITS[kit]]
    assert table.channels == {channel for _, channel in places}
    for note, channel in places:
        assert table.bit(channel, note) == places.index((note, channel))


def test_the_example_of_a_configuration_is_general_midis_map(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(example(), encoding="utf-8")
    table = read_map(str(path))
    assert table.channels == {9}
    assert [table.bit(9, key) for key in range(128)] == [GM.bit(9, key) for key in range(128)]
    assert {table.bit(0, key) for key in range(128)} == {NO_VOICE}


PLACES = st.lists(
    st.tuples(st.integers(0, 127), st.integers(1, 16)),
    min_size=VOICES,
    max_size=VOICES,
    unique=True,
)


@given(PLACES)
def test_a_boxs_configuration_is_its_map(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "own.toml"
    lines = [
        f"[{table_of(voice)}]\nnote = {note}\nchannel = {channel}\n"
        for voice, (note, channel) in zip(VOICE_TABLE, places, strict=True)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    table = read_map(str(path))
    assert [table.bit(channel - 1, note) for note, channel in places] == list(range(VOICES))


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("[voices.kick]\nnote = 128\n", "box.toml, line 2: voices.kick.note = 128"),
        ("[voices.kick]\n\nchannel = 0\n", "box.toml, line 3: voices.kick.channel = 0"),
        ("[voices.cowbell]\nnote = 56\n", "box.toml, line 2: unknown key 'voices.cowbell.note'"),
        ("play.kit = 'piano'\n", "box.toml, line 1: play.kit = 'piano'"),
        ("[voices", "box.toml"),
    ],
)
def test_a_map_that_is_wrong_names_file_line_and_key(
    tmp_path: Path, text: str, culprit: str
) -> None:
    path = tmp_path / "box.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_map(str(path))
    assert culprit in str(caught.value)


def test_an_unknown_map_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="gm, v-drums, tr-8s, volca-beats, digitakt"):
        read_map("tr8s")
