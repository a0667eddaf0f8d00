"""Steps that several export commands share."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drumatlas.beat import tsv
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError, FileError

MAX_TSV = 1 << 30  # bytes; a million beats have about 100 MB


def say(text: str) -> None:
    """Talk to the user: stderr, so that stdout holds results only."""
    print(text, file=sys.stderr, flush=True)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, line ends kept as they are; FileError names it."""
    try:
        if path.stat().st_size > MAX_TSV:
            raise BeatError(f"{path}: over {MAX_TSV >> 20} MiB; take it in parts")
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.readlines()
    except UnicodeDecodeError:
        raise BeatError(f"{path}: not a text file (UTF-8)") from None
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from None


def read_rows(path: Path) -> list[BeatRow]:
    """The beats of a TSV; the error names file and line."""
    rows = list(tsv.parse(read_lines(path), str(path)))
    if not rows:
        raise BeatError(f"{path}: no beats in it")
    return rows


def check_output(path: Path) -> None:
    """FileError now, not after an hour's work, if `path` can't be written later."""
    if path.is_dir() or not path.parent.is_dir():
        raise FileError(f"{path}: not a file in a folder that exists")


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested results as (dotted name, value)."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
