"""`--map` and `--channel`: which notes of MIDI files play which voices, for both command lines."""

import argparse
from pathlib import Path

from drumatlas.beat.drum_map import GM, V_DRUMS_MAP, DrumMap, map_of_voices
from drumatlas.beat.drums import Reading
from drumatlas.commandline import integer
from drumatlas.config.read import read_config
from drumatlas.errors import ConfigError
from drumatlas.play.kits import KITS

_NOTE_TABLES = {"gm": GM, "v-drums": V_DRUMS_MAP}
NAMES = (*_NOTE_TABLES, *(kit for kit in KITS if kit not in _NOTE_TABLES))
_TOML = ".toml"


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add `--map` and `--channel`."""
    parser.add_argument(
        "--map",
        metavar="NAME|F.toml",
        help=f"note map: {', '.join(NAMES)}, or a box's configuration, for its notes and channels "
        "(default: found in each file, else gm)",
    )
    parser.add_argument(
        "--channel",
        type=_channels,
        action="extend",
        metavar="N[,N...]",
        help="MIDI channels of the drums, 1..16 (default: those of the map; else 10, and others "
        "that a file shows to be drums)",
    )


def reading_of(arguments: argparse.Namespace) -> Reading:
    """Return the reading that the two options request; ConfigError if the map can't be read."""
    channels = frozenset(number - 1 for number in arguments.channel or ())
    return Reading(read_map(arguments.map) if arguments.map else None, channels or None)


def read_map(wanted: str) -> DrumMap:
    """Return the map with this name, or that of the voices in this TOML file. ConfigError names the
    file, line and key, or lists the known names."""
    if wanted in _NOTE_TABLES:
        return _NOTE_TABLES[wanted]
    if wanted in KITS:
        return map_of_voices(wanted, [(note, channel - 1) for note, channel in KITS[wanted]])
    if not wanted.endswith(_TOML):
        names = ", ".join(NAMES)
        raise ConfigError(f"--map: unknown map '{wanted}'", f"choose from {names}, or name a .toml")
    voices = read_config(Path(wanted)).player.voices
    return map_of_voices(wanted, [(voice.note, voice.channel) for voice in voices])


def _channels(text: str) -> list[int]:
    one = integer(1, 16)
    return [one(part) for part in text.split(",")]
