"""`drumatlas-export textbook`: the collection of styles that ships, listed and as beats."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drumatlas.beat.tsv import format_rows
from drumatlas.commandline import Command
from drumatlas.files import check_writable, write_text
from drumatlas_export.cli.common import say

if TYPE_CHECKING:
    from drumatlas_export.textbook.style import Style

EXAMPLES = """\
drumatlas-export textbook
drumatlas-export textbook --json
drumatlas-export textbook -o textbook.tsv"""
_COLUMNS = (("style", 18), ("family", 12), ("bpm", 9), ("swing", 7), ("kit", 12), ("beats", 5))


def textbook_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `textbook`."""
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        metavar="F.tsv",
        help="also write the beats, with their styles as genres",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def textbook(arguments: argparse.Namespace) -> int:
    """List the styles, and write their beats if a file was named."""
    from drumatlas_export.textbook.collection import read_textbook, textbook_rows

    if arguments.output:
        check_writable(arguments.output)
    styles = read_textbook()
    table = [_facts(style) for style in styles]
    if arguments.json:
        print(json.dumps(table, indent=1))
    else:
        print(_line({name: name for name, _ in _COLUMNS}))
        for facts in table:
            bpm, swing = "-".join(map(str, facts["bpm"])), f"{facts['swing']:g}"
            print(_line({**facts, "bpm": bpm, "swing": swing}))
    if arguments.output:
        rows = textbook_rows(styles)
        write_text(arguments.output, "".join(format_rows(rows)))
        say(f"{arguments.output}: {len(rows)} beats of {len(styles)} styles")
    return 0


def _facts(style: "Style") -> dict[str, Any]:
    from drumatlas_export.textbook.collection import variations

    return {
        "style": style.name,
        "family": style.family,
        "bpm": [style.slowest, style.fastest],
        "swing": style.swing,
        "kit": style.drum_set,
        "beats": len(list(variations(style))),
    }


def _line(values: dict[str, Any]) -> str:
    return " ".join(f"{values[name]:{width}}" for name, width in _COLUMNS).rstrip()


TEXTBOOK = Command(
    "textbook",
    "list the styles of the textbook, or write their beats",
    EXAMPLES,
    textbook_options,
    textbook,
    "The textbook is a collection of drum patterns by style that were written down by hand, with "
    "variations by rule. The numbers are the range of tempos in beats per minute, the swing from 0 "
    "to 1, and how many beats there are. The kit is a drum set of General MIDI 2.",
)
