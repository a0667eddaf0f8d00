"""How each genre is usually played: tempo, swing and drum set, from files and from the textbook."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from drumatlas.atlas.model import LEAST_BPM, MOST_BPM, Climate
from drumatlas.errors import ConfigError
from drumatlas_export.mine.drum_sets import DRUM_SETS
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.textbook.families import family_of
from drumatlas_export.textbook.style import Style

FEWEST_SONGS = 8  # in files, for a genre to have its climate from them
_DEFAULT_KIT = "standard"  # what a General MIDI synthesizer plays if a file selects nothing
_KEYS = ("songs", "bpm", "swing", "kit")


def climates(
    names: Iterable[str], mined: Mapping[str, Climate] | None = None
) -> list[Climate | None]:
    """Return the climate of each genre in `names`.

    Files come first: a genre in `mined` (see `mined_climates`) has the tempo, the swing and the
    drum set that were measured. The textbook is next: a style of it has its own climate, another
    genre has that of the styles in its family. It also fills in the drum set if no file selects
    one. A genre that neither knows has no climate.
    """
    styles = read_textbook()
    by_name = {style.name: style for style in styles}
    result: list[Climate | None] = []
    for name in names:
        family = family_of(name)
        own = [by_name[name]] if name in by_name else [s for s in styles if s.family == family]
        taught = _climate(own) if own and family else None
        measured = mined.get(name) if mined else None
        result.append(_with_kit(measured, taught) if measured else taught)
    return result


def _with_kit(measured: Climate, taught: Climate | None) -> Climate:
    return replace(measured, kit=measured.kit or (taught.kit if taught else _DEFAULT_KIT))


def _climate(styles: Sequence[Style]) -> Climate:
    """Return the mean climate of styles. A style's tempos are taken as spread evenly over its
    range, so that its quartiles lie a quarter of it from either end."""
    quartiles = [
        [style.slowest + share * (style.fastest - style.slowest) for share in (0.25, 0.5, 0.75)]
        for style in styles
    ]
    slow, usual, fast = (
        round(sum(column) / len(column), 1) for column in zip(*quartiles, strict=True)
    )
    swing = round(sum(style.swing for style in styles) / len(styles), 3)
    kit = Counter(style.drum_set for style in styles).most_common(1)[0][0]
    return Climate((slow, usual, fast), swing, kit)


def mined_climates(table: Any, title: str) -> dict[str, Climate]:
    """Return the climates in the table `climates` of the mining report called `title`, of the
    genres with at least FEWEST_SONGS songs; `kit` is '' if no file selects a drum set.

    ConfigError names the key that is wrong.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{title}: climates must be an object with a key for each genre")
    read = {name: _read(one, f"{title}: climates.{name}") for name, one in table.items()}
    return {name: climate for name, (songs, climate) in read.items() if songs >= FEWEST_SONGS}


def _read(one: Any, key: str) -> tuple[int, Climate]:
    """Return the number of songs and the climate of the genre at `key`, which errors name."""
    if not isinstance(one, dict) or set(one) != set(_KEYS):
        raise ConfigError(f"{key} must be an object with the keys {', '.join(_KEYS)}")
    songs, bpm, swing, kit = (one[name] for name in _KEYS)
    if type(songs) is not int or songs < 1:
        raise ConfigError(f"{key}.songs must be a whole number, 1 or more")
    if not isinstance(bpm, list) or len(bpm) != 3 or not all(map(_is_number, bpm)):
        raise ConfigError(f"{key}.bpm must be a list of three numbers")
    slow, usual, fast = bpm
    if not LEAST_BPM <= slow <= usual <= fast <= MOST_BPM:
        raise ConfigError(
            f"{key}.bpm must be three tempos in {LEAST_BPM:g}..{MOST_BPM:g}, the slowest first"
        )
    if not _is_number(swing) or not 0 <= swing <= 1:
        raise ConfigError(f"{key}.swing must be a number in 0..1")
    if kit is not None and kit not in list(DRUM_SETS):
        raise ConfigError(f"{key}.kit must be null or one of {', '.join(DRUM_SETS)}")
    return songs, Climate((float(slow), float(usual), float(fast)), float(swing), kit or "")


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}  # bool is a subclass of int
