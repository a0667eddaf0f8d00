from drumatlas.config.keys import defaults
from drumatlas.config.read import parse
from drumatlas.config.settings import midi_map, play_settings
from drumatlas.panel.midi_map import MidiMap
from drumatlas.play.settings import PlaySettings


def test_the_defaults_are_what_plays_without_a_configuration() -> None:
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
    assert (snare.velocity_min, snare.velocity_max, snare.gate) == (40, 40, 2.0)


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
