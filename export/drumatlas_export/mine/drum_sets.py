"""Drum sets of General MIDI 2, which a program change on channel 10 selects."""

from collections.abc import Mapping

# Name -> program 0..127 ("General MIDI 2", MMA 1999, drum set listing; RP-024).
DRUM_SETS: Mapping[str, int] = {
    "standard": 0,
    "room": 8,
    "power": 16,
    "electronic": 24,
    "analog": 25,
    "jazz": 32,
    "brush": 40,
    "orchestra": 48,
    "sfx": 56,
}
_NAMES = {program: name for name, program in DRUM_SETS.items()}


def drum_set(program: int) -> str:
    """Return the name of the drum set with this program; '' if General MIDI 2 has none."""
    return _NAMES.get(program, "")
