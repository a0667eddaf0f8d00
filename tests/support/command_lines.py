"""The commands, parsers and options of both programs."""

import argparse
import contextlib
import shlex

from drumatlas.cli.registry import commands
from drumatlas.commandline import Command, Parser


def programs() -> dict[str, tuple[Command, ...]]:
    """Return each program's commands; the training side only where it is installed."""
    table = {"drumatlas": tuple(commands())}
    with contextlib.suppress(ImportError):
        from drumatlas_export.cli import COMMANDS

        table["drumatlas-export"] = tuple(COMMANDS)
    return table


def parser_of(program: str) -> Parser:
    return Parser.of_program(program, "", programs()[program])


def words_of(command: str) -> list[str]:
    """Return the arguments of one command, without redirections and comments."""
    words = shlex.split(command, comments=True)
    cut = next((i for i, word in enumerate(words) if word in {">", "<"}), len(words))
    return words[1:cut]


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments of a parser, for which argparse has no public name."""
    return parser._actions


def commands_of(program: str) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command of a program."""
    actions = actions_of(parser_of(program))
    choices = next(one.choices for one in actions if isinstance(one.choices, dict))
    return dict(choices)


def options_of(program: str) -> dict[str, set[str]]:
    """Return the options of each command of a program: "--bpm", "-o"."""
    return {
        name: {option for action in actions_of(one) for option in action.option_strings}
        for name, one in commands_of(program).items()
    }
