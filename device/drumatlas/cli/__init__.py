"""The command line: `drumatlas COMMAND`. Results go to stdout, messages to stderr.

The modules here parse options, call another room and print. Each command has a module of its name
(decode and encode share `codec`) and a row in `registry`; `manual` writes the manual pages. `play`
builds its parts in `box`, and `doctor` calls the checks in `doctor`.

Exit codes: 0 success, 2 bad input or a missing part (a one-line message says which), 1 a bug.
"""

import os
import sys
from collections.abc import Sequence

# Set before anything imports NumPy or onnxruntime. Decoding a beat is too little work to split
# among threads, whose stacks would cost memory. Telemetry stays off.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from drumatlas.cli.registry import DESCRIPTION, commands
from drumatlas.commandline import Parser, run_command


def main(argv: Sequence[str] | None = None) -> int:
    """Run `drumatlas` with `argv` (default: sys.argv without the program); return the exit code."""
    words = sys.argv[1:] if argv is None else argv
    parser = Parser.of_program("drumatlas", DESCRIPTION, commands(*words[:1]))
    return run_command(parser, words)
