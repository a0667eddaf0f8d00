"""The command line: `drumatlas-export COMMAND`. Results on stdout, talk on stderr."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from drumatlas.commandline import Parser, run_command
from drumatlas_export.cli import beats, build, groove, models, pack, page, scores, textbook

DESCRIPTION = (
    "Makes an atlas for drumatlas from MIDI files. An atlas is a file with a map of drum beats and "
    "the networks that make them. `build` does all of it; the other commands are its steps, and "
    "what else can be done with beats, models and atlases. Beats are kept in text files (.tsv), a "
    "beat of two bars a line. Models need the extra packages: pip install 'drumatlas[export]'"
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
    pack.MIDI,
    page.PAGE,
    build.BUILD,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `drumatlas-export` with `argv`; returns the exit code."""
    parser = Parser.of_program("drumatlas-export", DESCRIPTION, COMMANDS)
    with _terminable():
        return run_command(parser, sys.argv[1:] if argv is None else argv)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _terminable() -> Iterator[None]:
    """Within, SIGTERM ends the work as Ctrl-C does: workers stopped, nothing half-written."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
