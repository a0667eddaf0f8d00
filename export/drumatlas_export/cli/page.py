"""`drumatlas-export page`: write an atlas as one HTML file that plays in a browser."""

import argparse
from pathlib import Path

from drumatlas.commandline import Command
from drumatlas_export.cli.common import say


def page_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `page`."""
    parser.add_argument("input", type=Path, metavar="ATLAS", help="atlas to show")
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="F.html", help="file to write"
    )


def page(arguments: argparse.Namespace) -> int:
    """Write the page."""
    from drumatlas.atlas.read import MAX_FILE
    from drumatlas.files import check_writable, read_bytes, write_text
    from drumatlas_export.page.html import static_page

    check_writable(arguments.output)
    text = static_page(read_bytes(arguments.input, MAX_FILE), str(arguments.input))
    write_text(arguments.output, text)
    say(f"{arguments.output}: {len(text.encode()) >> 10} KB; open it in a browser")
    return 0


PAGE = Command(
    "page",
    "write an atlas as a page that plays in any browser",
    "drumatlas-export page mine.atlas -o page.html",
    page_options,
    page,
    "The page is one HTML file with the map, the beat and sound. It needs no server or network.",
)
