"""`drumatlas config`: print an example settings file, or check one."""

import argparse
from pathlib import Path

from drumatlas.commandline import Command, say


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `config`."""
    parser.add_argument(
        "--check",
        type=Path,
        metavar="F",
        help="check this file instead of printing an example",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print an example with every setting, or check a file; ConfigError names a bad line."""
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
    "print an example settings file, or check one",
    "drumatlas config > drumatlas.toml\ndrumatlas config --check drumatlas.toml",
    options,
    run,
    "The example explains every setting and shows its default.",
)
