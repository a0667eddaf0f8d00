"""What plays where what was asked for can't be used: as a service there is nobody to mend it.

On a command line a mistake ends the program with one line. A box that boots without a screen has
to play, and to show what is wrong for as long as it is.
"""

import argparse
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drumatlas.errors import DrumatlasError, FileError

if TYPE_CHECKING:
    from drumatlas.config.keys import Value
    from drumatlas.engine import Engine

COPY = "good.toml"  # in the state folder: the last configuration that could be used

T = TypeVar("T")


def read_given(arguments: argparse.Namespace) -> "dict[str, Value]":
    """The configuration that --config names. Unattended, a file that is not there is one with
    nothing in it, and one that can be used is kept; an error is one line all the same."""
    from drumatlas.config.read import MAX_BYTES, parse, read_config
    from drumatlas.files import is_there, read_text

    path: Path | None = arguments.config
    if path is None or not arguments.unattended:
        return read_config(path)
    if not is_there(path):
        return read_config(None)
    text = read_text(path, MAX_BYTES)
    config = parse(text, str(path))
    copy = _copy(arguments)
    if copy:
        _keep(text, copy)
    return config


def settle_config(arguments: argparse.Namespace) -> "tuple[dict[str, Value], list[str]]":
    """(the configuration to play with, lines about what is wrong). Unattended, a bad one leaves
    the last that was good: its wiring is the box's, and the defaults may not be."""
    from drumatlas.config.read import read_config

    try:
        return read_given(arguments), []
    except DrumatlasError as error:
        if not arguments.unattended:
            raise
        wrong = str(error)
    copy = _copy(arguments)
    if copy:
        with suppress(DrumatlasError):  # also if there is none yet
            return read_config(copy), [f"config: {wrong}; the last good one plays"]
    return read_config(None), [f"config: {wrong}; the defaults play"]


def _copy(arguments: argparse.Namespace) -> Path | None:
    from drumatlas.service.state import state_folder

    folder = state_folder(arguments.state or "")
    return folder / COPY if folder else None


def _keep(text: str, copy: Path) -> None:
    """Write it only when it changed: the SD card wears. A copy that can't be kept is no matter."""
    from drumatlas.config.read import MAX_BYTES
    from drumatlas.files import read_text, write_text

    with suppress(FileError, OSError):
        if copy.exists() and read_text(copy, MAX_BYTES) == text:
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_text(copy, text)


def open_anyhow(engine: "Engine", what: str, open_it: Callable[[], T], instead: T) -> T:
    """What `open_it` opens; `instead` where it can't, which is then one of the engine's faults."""
    try:
        return open_it()
    except DrumatlasError as error:
        engine.set_faults(what, str(error))
        return instead
