import contextlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.config import KEYS, defaults, example, midi_map, parse, play_settings, read
from drumatlas.errors import ConfigError, FileError
from drumatlas.panel.midi_map import MidiMap
from drumatlas.play.settings import PlaySettings


def test_the_example_holds_every_key_at_its_default() -> None:
    assert parse(example(), "example") == defaults()
    assert len(tomllib.loads(example())["voices"]) == 14


def test_an_empty_file_is_all_defaults() -> None:
    assert parse("", "c") == defaults()
    assert play_settings(defaults()) == PlaySettings()


def test_values_reach_the_sequencer() -> None:
    text = """
    play.bpm = 99
    play.swap = "beat"
    [voices.kick]
    note = 24
    channel = 1
    [voices.low_conga]
    mute = true
    """
    settings = play_settings(parse(text, "c"))
    assert settings.bpm == 99.0
    assert settings.swap == "beat"
    assert (settings.voices[0].note, settings.voices[0].channel) == (24, 0)
    assert settings.voices[13].is_muted


def test_a_kit_is_what_voices_do_not_say_themselves() -> None:
    text = "[play]\nkit = 'volca-beats'\n[voices.kick]\nnote = 24\n[voices.ride]\nchannel = 3"
    voices = play_settings(parse(text, "c")).voices
    assert (voices[0].note, voices[0].channel) == (24, 9)
    assert (voices[6].note, voices[6].channel) == (50, 9)
    assert (voices[8].note, voices[8].channel) == (42, 2)
    assert play_settings(parse("play.kit = 'gm'", "c")) == PlaySettings()


def test_velocities_and_gate_of_a_voice() -> None:
    text = "[voices.snare]\nvelocity_min = 40\nvelocity_max = 40\ngate = 2"
    snare = play_settings(parse(text, "c")).voices[1]
    assert (snare.softest, snare.loudest, snare.gate) == (40, 40, 2.0)


def test_controllers_of_the_file_are_no_other_controls_by_default() -> None:
    text = '[midi]\nchannel = 3\npads = false\n[cc]\nx1 = 20\n"density.kick" = 1\nplay = -1'
    midi = midi_map(parse(text, "c"))
    assert midi.channel == 3
    assert not midi.pads
    assert (midi.controls[20], midi.controls[1]) == ("x1", "density.kick")
    assert not {"play", "map_x"} & set(midi.controls.values())  # map_x had 20
    assert midi_map(defaults()) == MidiMap()


def test_pads_are_the_notes_of_the_kit_and_those_of_general_midi() -> None:
    pads = midi_map(parse("play.kit = 'digitakt'", "c")).pads
    assert (pads[0], pads[1], pads[36], pads[40]) == (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "line 1"),
        ("[play]\nbpm = ", "line 2"),
        ("[play]\nbpm = 1000", r"line 2: play.bpm = 1000.*20\.\.300"),
        ("[play]\n\nbpm = 'fast'", "line 3: play.bpm.*a number"),
        ("[play]\nbpm = nan", "line 2: play.bpm"),
        ("[play]\nseed = 1.5", "line 2: play.seed.*an integer"),
        ("[play]\nstart = 1", "line 2: play.start.*true or false"),
        ("[play]\nswap = 'never'", "line 2: play.swap.*step, beat, bar, end"),
        ("[play]\ntempo = 3", "line 2: unknown key 'play.tempo'"),
        ("[voices.kick]\nnote = 128", "line 2: voices.kick.note"),
        ("[voices.gong]\nnote = 1", "line 2: unknown key 'voices.gong.note'"),
        ("[midi]\nout = 3", "line 2: midi.out.*a string"),
        ("[play]\nkit = '909'", "line 2: play.kit.*gm, tr-8s"),
        ("[voices.kick]\ngate = 17", "line 2: voices.kick.gate"),
        ("[voices.kick]\nvelocity_min = 90\nvelocity_max = 80", "line 2: .*min = 90 is above"),
        ("[voices.kick]\n\nvelocity_max = 0", "line 3: voices.kick.velocity_max"),
        ("[cc]\nx1 = 120", "line 2: cc.x1"),
        ("[cc]\nx2 = 7\nx3 = 7", "line 3: .*cc.x2 has that controller"),
        ("[cc]\nx9 = 7", "line 2: unknown key 'cc.x9'"),
        ("play = 3", "unknown key 'play'"),
        ("[[play]]\nbpm = 3", "unknown key 'play'"),
        ("a = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_errors_name_file_line_and_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^c.toml.*{words}"):
        parse(text, "c.toml")


@given(st.text())
def test_any_text_parses_or_is_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert set(parse(text, "c")) == {key.name for key in KEYS}


def test_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        read(tmp_path / "nowhere.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="binary.toml"):
        read(tmp_path / "binary.toml")
    assert read(None) == defaults()
