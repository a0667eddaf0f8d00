"""The common part of both command lines: one-line errors, examples in --help, exit codes."""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import NoReturn

from drumatlas import __version__
from drumatlas.errors import DrumatlasError


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `options` adds its options, `run` does its work and returns the exit code.

    `help` is its line in the list of commands; `about` continues its own --help, in sentences.
    `notes` are printed below the examples, unchanged.
    """

    name: str
    help: str
    examples: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    about: str = ""
    notes: str = ""

    @property
    def description(self) -> str:
        """The text above the options in --help."""
        first = f"{self.help[:1].upper()}{self.help[1:]}."
        return f"{first} {self.about}".strip()

    @property
    def epilog(self) -> str:
        """The text below the options in --help."""
        examples = "examples:\n" + "\n".join(f"  {e}" for e in self.examples.split("\n"))
        return f"{examples}\n\n{self.notes}" if self.notes else examples


class _HelpFormatter(argparse.HelpFormatter):
    """Wraps the description, and leaves the examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("examples:"):
            return text
        return super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print `message` and exit with code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    @classmethod
    def of_program(cls, prog: str, description: str, commands: Iterable[Command]) -> "Parser":
        """Return a parser with one subcommand for each of `commands`."""
        parser = cls(prog=prog, description=description)
        parser.add_argument("--version", action="version", version=f"{prog} {__version__}")
        sub = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
        for command in commands:
            one = sub.add_parser(
                command.name,
                help=command.help,
                description=command.description,
                epilog=command.epilog,
                formatter_class=_HelpFormatter,
            )
            command.options(one)
            one.set_defaults(run=command.run)
        return parser


def say(text: str) -> None:
    """Print a line for the user on stderr, so that stdout holds results only. Do nothing where the
    terminal was closed."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


# Options whose value may begin with a minus that argparse would take for an option.
_NUMBER_LISTS = ("--z", "--knobs")


def _join_numbers(argv: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] in _NUMBER_LISTS and word[:2] != "--":
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


# Errors when standard output goes to a full disk. Errors of our own files are raised as FileError,
# with the file's name.
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}


def run_command(parser: Parser, argv: Sequence[str]) -> int:
    """Parse the arguments and run the command; return its exit code. A DrumatlasError becomes one
    line and its exit code."""
    open_standard_streams()
    try:
        arguments = parser.parse_args(_join_numbers(argv))
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except DrumatlasError as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has read enough
        _write_no_more()
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        _write_no_more()
        print(f"{parser.prog}: standard output: {error.strerror or error}", file=sys.stderr)
        return 2
    return code


def open_standard_streams() -> None:
    """Open standard input, output and error on the null device if they are closed (`2>&-`).

    Otherwise the next file or socket that is opened gets the number of one of them, and printed
    text ends up in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _write_no_more() -> None:
    """Redirect standard output to the null device, so that flushing it at exit can't fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def number(low: float, high: float) -> Callable[[str], float]:
    """Return an option type that accepts a finite number in low..high."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None
        if not (isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(f"{text} is not in {low:.15g}..{high:.15g}")
        return value

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return an option type that accepts an integer in low..high."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is not an integer") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not in {low}..{high}")
        return value

    return parse


def numbers(count: int, low: float, high: float) -> Callable[[str], tuple[float, ...]]:
    """Return an option type that accepts `count` comma-separated finite numbers in low..high."""
    one = number(low, high)

    def parse(text: str) -> tuple[float, ...]:
        values = tuple(one(part) for part in text.split(","))
        if len(values) != count:
            raise argparse.ArgumentTypeError(f"'{text}' is not {count} comma-separated numbers")
        return values

    return parse
