"""`drumatlas-export groove`: learn how drummers play, for use in an atlas."""

import argparse
import json
from collections import Counter
from pathlib import Path

from drumatlas.commandline import Command
from drumatlas.errors import BeatError
from drumatlas.reading import add_reading, reading_of
from drumatlas_export.cli.common import say

EXAMPLES = """\
drumatlas-export groove groove-midi-dataset -o players.npz > players.json
drumatlas-export export acai.pt -o mine.atlas --groove players.npz"""


def groove_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `groove`."""
    parser.add_argument(
        "paths",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="MIDI recordings of drummers: files, zip files, or folders of them",
    )
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="F.npz", help="file to write"
    )
    add_reading(parser)


def groove(arguments: argparse.Namespace) -> int:
    """Learn a groove, measure it on held-out sessions (one folder each), and write it."""
    from drumatlas.atlas.write import groove_bytes
    from drumatlas.beat.drums import label, unvoiced_line
    from drumatlas.files import atomic, check_writable
    from drumatlas_export.groove.learn import learn, measure
    from drumatlas_export.groove.played import read_played
    from drumatlas_export.mine.reasons import by_number, named, no_files, passed_over
    from drumatlas_export.mine.sources import search

    check_writable(arguments.output)
    reading = reading_of(arguments)
    found = search(arguments.paths, [])
    if not found.sources:
        raise BeatError(no_files(arguments.paths, found))
    try:
        played = read_played(found.sources, reading)
    except BeatError as error:
        raise error.within(named(arguments.paths)) from None
    for remark in played.remarks:
        say(remark)
    say(f"{len(played.loud)} two-bar windows in straight 16ths")
    for line in filter(None, (by_number("left out", played.left_out), passed_over(found))):
        say(line)
    if played.unvoiced:
        say(unvoiced_line(played.unvoiced))
    lost = {label(key): count for key, count in Counter(played.unvoiced).most_common()}
    print(json.dumps({**measure(played), "notes_without_voice": lost}, indent=1))
    with atomic(arguments.output) as stream:
        stream.write(groove_bytes(learn(played)))
    return 0


GROOVE = Command(
    "groove",
    "learn velocities and timing from recorded performances",
    EXAMPLES,
    groove_options,
    groove,
    "Learns how loud drummers hit, and how early or late. Prints, as JSON, how well this predicts "
    "sessions that it did not learn from.",
)
