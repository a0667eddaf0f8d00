"""The command line: `drumatlas COMMAND`. Results go to stdout, messages to stderr.

What belongs here parses options, calls another room and prints. Each command has a module of its
name (decode and encode share `codec`) and a row in `registry`; `manual` writes their manual pages.
What `play` puts together is in `box`, what `doctor` looks at in `doctor`.

Exit codes: 0 good, 2 bad input or a missing part (one line says which), 1 a bug of ours.
"""

import os
import sys
from collections.abc import Sequence

# Before anything imports NumPy or onnxruntime: a beat is too small to share among threads,
# whose stacks would cost memory, and telemetry is off for good.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from drumatlas.cli.registry import DESCRIPTION, commands
from drumatlas.commandline import Parser, run_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run `drumatlas` with `argv` (sys.argv without the program); returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    parser = Parser.of_program("drumatlas", DESCRIPTION, commands(*words[:1]))
    return run_command(parser, words)
