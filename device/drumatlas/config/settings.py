"""The settings that parts of the box take from a configuration."""

from drumatlas.beat.voices import BIT_OF_NOTE, VOICE_TABLE
from drumatlas.config.keys import Config, table_of
from drumatlas.panel.midi_map import DEFAULT_CC, MidiMap
from drumatlas.play.settings import PlaySettings, VoiceOut


def play_settings(config: Config) -> PlaySettings:
    """Return the sequencer's settings."""
    voices = tuple(
        VoiceOut(
            int(config[f"{table}.note"]),
            int(config[f"{table}.channel"]) - 1,
            bool(config[f"{table}.mute"]),
            float(config[f"{table}.offset_ms"]),
            int(config[f"{table}.velocity_min"]),
            int(config[f"{table}.velocity_max"]),
            float(config[f"{table}.gate"]),
        )
        for table in map(table_of, VOICE_TABLE)
    )
    return PlaySettings(
        bpm=float(config["play.bpm"]),
        seed=int(config["play.seed"]),
        swap=str(config["play.swap"]),
        gate=float(config["play.gate"]),
        voices=voices,
        idle_clock=bool(config["clock.idle"]),
        thru=bool(config["clock.thru"]),
        hold=bool(config["clock.hold"]),
        resume=bool(config["play.resume"]),
        map_mode=str(config["map.mode"]),
    )


def midi_map(config: Config) -> MidiMap:
    """Return the meaning of MIDI messages from `midi.in`. A note stands for the first voice that
    plays it, otherwise for its General MIDI voice."""
    ours: dict[int, int] = {}
    for voice in VOICE_TABLE:
        ours.setdefault(int(config[f"{table_of(voice)}.note"]), voice.bit)
    numbers = {name: int(config[f"cc.{name}"]) for name in DEFAULT_CC}
    return MidiMap(
        channel=int(config["midi.channel"]),
        controls={number: name for name, number in numbers.items() if number >= 0},
        pads={**BIT_OF_NOTE, **ours} if config["midi.pads"] else {},
    )
