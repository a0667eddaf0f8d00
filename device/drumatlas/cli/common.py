"""Options and steps that several commands share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.commandline import integer, number
from drumatlas.errors import AtlasError
from drumatlas.play.timeline import MAX_TEMPO, MIN_TEMPO

if TYPE_CHECKING:
    from drumatlas.atlas.model import Atlas, Genre

LATENT_LIMIT = 1e6  # largest coordinate of a latent point; real models stay below 100
MAX_SECONDS = 7 * 24 * 3600.0


def add_atlas(parser: argparse.ArgumentParser) -> None:
    """Add --atlas."""
    parser.add_argument(
        "--atlas", type=Path, metavar="F", help="atlas to use (default: the built-in one)"
    )


def add_tempo(parser: argparse.ArgumentParser) -> None:
    """Add --bpm and --seed."""
    parser.add_argument(
        "--bpm",
        type=number(MIN_TEMPO, MAX_TEMPO),
        metavar="N",
        help="tempo in beats per minute, 20 to 300 (default: 120)",
    )
    parser.add_argument(
        "--seed",
        type=integer(0, 2**32 - 1),
        metavar="N",
        help="random seed for chaos, humanize and wander; the same seed gives the same result "
        "(default: 0)",
    )


def find_genre(atlas: "Atlas", name: str) -> "Genre":
    """Return the genre called `name`, ignoring case; AtlasError lists the atlas' genres."""
    for genre in atlas.genres:
        if genre.name.casefold() == name.casefold():
            return genre
    names = ", ".join(genre.name for genre in atlas.genres)
    hint = f"choose from {names}" if names else "it has no genres"
    raise AtlasError(f"no genre '{name}' in atlas '{atlas.name}'", hint)
