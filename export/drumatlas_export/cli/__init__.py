"""The command line: `drumatlas-export COMMAND`. Results on stdout, talk on stderr."""

import sys
from collections.abc import Sequence

from drumatlas.commandline import Parser, run_command
from drumatlas_export.cli import beats, models, pack

COMMANDS = (
    beats.MINE,
    beats.FILTER,
    models.TRAIN,
    models.SAMPLE,
    models.EVALUATE,
    models.EXPORT,
    pack.MIDI,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `drumatlas-export` with `argv`; returns the exit code."""
    parser = Parser.of_program("drumatlas-export", "From MIDI files to an atlas.", COMMANDS)
    return run_command(parser, sys.argv[1:] if argv is None else argv)
