"""The typed configuration: every key reaches the part that it is about."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from drumatlas.config.keys import KEYS, Key, defaults
from drumatlas.config.read import parse
from drumatlas.config.settings import Config
from drumatlas.config.values import Value, get
from drumatlas.explore.controls import VALUES
from drumatlas.panel.midi_map import MidiMap
from drumatlas.play.settings import PlaySettings
from support.configured import configured

# Calibration needs a knob, and the display's keys a display.
KNOBS = {f"gpio.{name}": "mcp0:0" for name in VALUES}
BASE: dict[str, Value] = {**KNOBS, "oled.chip": "ssd1306"}
TEXTS = {
    **dict.fromkeys(KNOBS, "ads3:3"),
    **dict.fromkeys(("gpio", "lamps"), "pin:26"),
    "calibration": "low=0.2",
    "oled.chip": "sh1106",
    "web.address": "off",
    "web.token": "0123456789abcdef",
}


def other_value(key: Key) -> Value:
    """A value that this key may have, and has neither by default nor in BASE."""
    default = key.default
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        named = [choice for choice in key.choices if choice != default]
        table = key.name.partition(".")[0]
        return [*named, TEXTS.get(key.name, TEXTS.get(table, "other"))][0]
    return type(default)(key.low if key.low != default else key.high)


def typed(settings: Mapping[str, Value]) -> Config:
    """The configuration without its untyped values."""
    return replace(configured({**BASE, **settings}), values={})


def test_no_key_is_ignored() -> None:
    before = typed({})
    ignored = [key.name for key in KEYS if typed({key.name: other_value(key)}) == before]
    assert ignored == ["play.kit"]  # which sets keys of voices when a file is read


@pytest.mark.parametrize(
    ("key", "kind"), [("web.open", str), ("web.token", bool), ("play.gate", int)]
)
def test_a_value_of_another_type_is_refused(key: str, kind: type) -> None:
    with pytest.raises(TypeError, match=f"{key} is of type"):
        get(defaults(), key, kind)


def test_the_explorer_gets_its_map_mode() -> None:
    assert configured().map_mode == "absolute"
    assert parse("map.mode = 'glide'", "c").map_mode == "glide"


def test_host_names_are_split() -> None:
    assert configured().page.hosts == ()
    assert parse("web.hosts = ' a.b, ,c '", "c").page.hosts == ("a.b", "c")


def test_the_defaults_are_what_plays_without_a_configuration() -> None:
    assert configured().player == PlaySettings()


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
    settings = parse(text, "c").player
    assert settings.bpm == 99.0
    assert settings.swap == "beat"
    assert (settings.voices[0].note, settings.voices[0].channel) == (24, 0)
    assert settings.voices[13].is_muted


def test_a_kit_is_what_voices_do_not_say_themselves() -> None:
    text = "[play]\nkit = 'volca-beats'\n[voices.kick]\nnote = 24\n[voices.ride]\nchannel = 3"
    voices = parse(text, "c").player.voices
    assert (voices[0].note, voices[0].channel) == (24, 9)
    assert (voices[6].note, voices[6].channel) == (50, 9)
    assert (voices[8].note, voices[8].channel) == (42, 2)
    assert parse("play.kit = 'gm'", "c").player == PlaySettings()


def test_velocities_and_gate_of_a_voice() -> None:
    text = "[voices.snare]\nvelocity_min = 40\nvelocity_max = 40\ngate = 2"
    snare = parse(text, "c").player.voices[1]
    assert (snare.velocity_min, snare.velocity_max, snare.gate) == (40, 40, 2.0)


def test_controllers_of_the_file_are_no_other_controls_by_default() -> None:
    text = '[midi]\nchannel = 3\npads = false\n[cc]\nx1 = 20\n"density.kick" = 1\nplay = -1'
    midi = parse(text, "c").midi_map
    assert midi.channel == 3
    assert not midi.pads
    assert (midi.controls[20], midi.controls[1]) == ("x1", "density.kick")
    assert not {"play", "map_x"} & set(midi.controls.values())  # map_x had 20
    assert configured().midi_map == MidiMap()


def test_pads_are_the_notes_of_the_kit_and_those_of_general_midi() -> None:
    pads = parse("play.kit = 'digitakt'", "c").midi_map.pads
    assert (pads[0], pads[1], pads[36], pads[40]) == (0, 1, 0, 1)
