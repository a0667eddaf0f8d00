"""Steps that several export commands share."""

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
from drumatlas_export.train.config import TrainConfig

MAX_TSV = 1 << 30  # bytes; a million beats have about 100 MB


_titles: dict[str, str] = {}  # of files whose names mean nothing to the user
CONFIG_HELP = (
    "settings of the training, a TOML file with lines like `max_epochs = 200`; all of them: "
    + ", ".join(field.name for field in fields(TrainConfig))
)


def say(text: str) -> None:
    """Talk to the user: stderr, so that stdout holds results only."""
    print(_titled(text, _titles), file=sys.stderr, flush=True)


@contextmanager
def titled(titles: Mapping[Path, str], unwritable: str) -> Iterator[None]:
    """Within, let `say` and errors call the files and folders in `titles` by their titles.

    A file that can't be read or written is called `unwritable`: that is not the fault of what its
    title stands for.
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
    """The lines of a text file, line ends kept as they are; FileError names it."""
    # Not splitlines: it also breaks at characters that are no line ends in a file.
    return StringIO(read_text(path, MAX_TSV), newline="").readlines()


def read_rows(path: Path) -> list[BeatRow]:
    """The beats of a TSV; the error names file and line."""
    rows = list(tsv.parse(read_lines(path), str(path)))
    if not rows:
        raise BeatError(f"{path}: no beats in it")
    return rows


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested results as (dotted name, value)."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
