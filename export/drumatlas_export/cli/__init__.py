"""The command line, `drumatlas-export COMMAND`: results on stdout, messages on stderr."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from drumatlas.commandline import Parser, run_command
from drumatlas_export.cli import beats, build, groove, midi_pack, models, page, scores, textbook

DESCRIPTION = (
    "Turns MIDI files into an atlas for drumatlas. An atlas is a file that holds a map of drum "
    "beats and the networks that generate them. `build` does everything in one go; the other "
    "commands are its steps, and tools for beats, models and atlases. Beats are stored as text "
    "(.tsv), one beat of two bars per line. Commands that use models need extra packages: "
    "pip install 'drumatlas[export]'"
)
COMMANDS = (
    beats.MINE,
    beats.FILTER,
    textbook.TEXTBOOK,
    models.TRAIN,
    models.SAMPLE,
    scores.EVALUATE,
    models.EXPORT,
    groove.GROOVE,
    midi_pack.MIDI,
    page.PAGE,
    build.BUILD,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `drumatlas-export` with `argv`, by default the process's; return the exit code."""
    parser = Parser.of_program("drumatlas-export", DESCRIPTION, COMMANDS)
    with _terminable():
        return run_command(parser, sys.argv[1:] if argv is None else argv)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM end the work as Ctrl-C does: workers stop, no file is left half-written."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
