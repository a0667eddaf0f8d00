"""`drumatlas config`: an example of the file of settings, and a check of one."""

import argparse
from pathlib import Path

from drumatlas.commandline import Command, say


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `config`."""
    parser.add_argument(
        "--check",
        type=Path,
        metavar="F",
        help="check this file instead; says nothing if it is good",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print an example with every setting, or check a file."""
    from drumatlas.config.example import example
    from drumatlas.config.read import read_config

    if arguments.check is None:
        print(example(), end="")
        return 0
    read_config(arguments.check)
    say(f"{arguments.check}: good")
    return 0


COMMAND = Command(
    "config",
    "print an example configuration, or check one",
    "drumatlas config > drumatlas.toml\ndrumatlas config --check drumatlas.toml",
    options,
    run,
    "The example has every setting at its default, each explained.",
)
