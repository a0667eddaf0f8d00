"""`drumatlas-export groove`: how real players play, for atlases to carry."""

import argparse
import json
from collections import Counter
from pathlib import Path

from drumatlas.commandline import Command
from drumatlas.reading import add_reading, reading_of
from drumatlas_export.cli.common import say

EXAMPLES = """\
drumatlas-export groove groove-midi-dataset -o players.npz > players.json
drumatlas-export export acai.pt -o mine.atlas --groove players.npz"""


def groove_options(parser: argparse.ArgumentParser) -> None:
    """The options of `groove`."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="performances")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="F.npz")
    add_reading(parser)


def groove(arguments: argparse.Namespace) -> int:
    """Learn, measure on sessions (folders) that taught nothing, and write."""
    from drumatlas.atlas.write import groove_bytes
    from drumatlas.beat.drums import label, unvoiced_line
    from drumatlas.files import atomic, check_writable
    from drumatlas_export.groove.learn import learn, measure
    from drumatlas_export.groove.played import read_played
    from drumatlas_export.mine.sources import find_sources

    check_writable(arguments.output)
    reading = reading_of(arguments)
    played = read_played(find_sources(arguments.paths, []), reading)
    for remark in played.remarks:
        say(remark)
    say(f"{len(played.loud)} times two bars in straight 16ths")
    if played.unvoiced:
        say(unvoiced_line(played.unvoiced))
    lost = {label(key): count for key, count in Counter(played.unvoiced).most_common()}
    print(json.dumps({**measure(played), "notes_without_voice": lost}, indent=1))
    with atomic(arguments.output) as stream:
        stream.write(groove_bytes(learn(played)))
    return 0


GROOVE = Command(
    "groove", "performances to velocities and timing", EXAMPLES, groove_options, groove
)
