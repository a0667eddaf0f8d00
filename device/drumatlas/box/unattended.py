"""Replacements for what can't be used by a box that runs as a service (`--unattended`).

On a command line, a mistake ends the program with a one-line message. A box that boots without a
screen must play anyway, and show the fault until it is corrected.
"""

import argparse
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drumatlas.errors import DrumatlasError, FileError

if TYPE_CHECKING:
    from drumatlas.config.settings import Config
    from drumatlas.engine import Engine

COPY = "good.toml"  # in the state folder: the last configuration that could be used

T = TypeVar("T")


def read_given(arguments: argparse.Namespace) -> "Config":
    """Read the configuration that --config names.

    With --unattended, a missing file counts as an empty one, and a valid one is copied to the state
    folder. Raises ConfigError or FileError for a file that can't be used.
    """
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
        _save(text, copy)
    return config


def choose_config(arguments: argparse.Namespace) -> "tuple[Config, list[str]]":
    """Return (the configuration to play with, messages about faults).

    With --unattended, an invalid file is replaced by the copy of the last valid one. That copy has
    the wiring of this box; the defaults may not. Otherwise it raises ConfigError or FileError.
    """
    from drumatlas.config.read import read_config

    try:
        return read_given(arguments), []
    except DrumatlasError as error:
        if not arguments.unattended:
            raise
        fault = f"config: {error}"
    copy = _copy(arguments)
    if copy:
        with suppress(DrumatlasError):  # also if there is no copy yet
            return read_config(copy), [f"{fault}; using the last good configuration"]
    return read_config(None), [f"{fault}; using the defaults"]


def _copy(arguments: argparse.Namespace) -> Path | None:
    from drumatlas.service.state import state_folder

    folder = state_folder(arguments.state or "")
    return folder / COPY if folder else None


def _save(text: str, copy: Path) -> None:
    """Write the copy if it changed, to spare the SD card; ignore errors, since it can play on."""
    from drumatlas.config.read import MAX_BYTES
    from drumatlas.files import read_text, write_text

    with suppress(FileError, OSError):
        if copy.exists() and read_text(copy, MAX_BYTES) == text:
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_text(copy, text)


def open_or_report(engine: "Engine", source: str, opener: Callable[[], T], default: T) -> T:
    """Return the result of `opener`; if it fails, show its error as a fault of the engine and
    return `default`."""
    try:
        return opener()
    except DrumatlasError as error:
        engine.set_faults(source, str(error))
        return default
