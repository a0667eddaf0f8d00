"""Helpers that several export commands share."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

from drumatlas.beat import tsv
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError, DrumatlasError, FileError
from drumatlas.files import read_text
from drumatlas_export.train.config import RECIPES, TrainConfig

MAX_TSV = 1 << 30  # bytes; a million beats take about 100 MB

_titles: dict[str, str] = {}  # path -> title, for files whose names mean nothing to the user

CONFIG_HELP = (
    "training settings: a TOML file with lines such as `max_epochs = 200`; settings: "
    + ", ".join(field.name for field in fields(TrainConfig))
)
*_FIRST, _LAST = (f"{recipe.title} ({kind})" for kind, recipe in RECIPES.items())
MODEL_HELP = f"kind of network: {', '.join(_FIRST)} or {_LAST} autoencoder"
ABOUT_HELP = "information to store in the atlas, such as sources and licences (a JSON object)"


def say(text: str) -> None:
    """Print a message to stderr, so that stdout holds results only."""
    print(_titled(text, _titles), file=sys.stderr, flush=True)


@contextmanager
def titled(titles: Mapping[Path, str], unwritable: str) -> Iterator[None]:
    """While active, make `say` and errors show the titles in `titles` in place of the paths.

    In a FileError every such path becomes `unwritable`: the disk is at fault, not the input that
    the title names.
    """
    _titles.update({str(path): title for path, title in titles.items()})
    try:
        yield
    except FileError as error:
        raise FileError(*_titled_parts(error, dict.fromkeys(_titles, unwritable))) from None
    except DrumatlasError as error:
        raise type(error)(*_titled_parts(error, _titles)) from None
    finally:
        _titles.clear()


def _titled_parts(error: DrumatlasError, titles: Mapping[str, str]) -> tuple[str, str]:
    return _titled(error.what, titles), _titled(error.hint, titles)


def _titled(text: str, titles: Mapping[str, str]) -> str:
    for path in sorted(titles, key=len, reverse=True):  # files before their folder
        text = text.replace(path, titles[path])
    return text


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file with their line ends; FileError if it can't be read."""
    # Not splitlines: it also splits at characters that do not end a line of a file.
    return StringIO(read_text(path, MAX_TSV), newline="").readlines()


def read_rows(path: Path) -> list[BeatRow]:
    """Return the beats of a TSV file; BeatError names the file and line, FileError the file."""
    rows = list(tsv.parse(read_lines(path), str(path)))
    if not rows:
        raise BeatError(f"{path}: no beats in it")
    return rows


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested results as (dotted name, value)."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
