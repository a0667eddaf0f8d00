"""`drumatlas-export midi`: write beats as a pack of MIDI files."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.beat.tsv import BeatRow
from drumatlas.commandline import Command, integer, number
from drumatlas_export.cli.common import read_rows, say

if TYPE_CHECKING:
    from drumatlas_export.midi_pack.clips import Clip

EXAMPLES = """\
drumatlas-export midi beats.tsv -o pack
drumatlas-export midi passing.tsv -o pack.zip --space mine.atlas --bpm 96 --repeats 1"""


def midi_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `midi`."""
    parser.add_argument("input", type=Path, metavar="IN.tsv", help="beats to write")
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="DIR|F.zip",
        help="new folder or zip file to write",
    )
    parser.add_argument(
        "--space",
        type=Path,
        metavar="MODEL|ATLAS",
        help="model or atlas that supplies velocities, and a latent point and genre where a beat "
        "has none",
    )
    parser.add_argument(
        "--bpm",
        type=number(20, 300),
        default=120.0,
        metavar="N",
        help="tempo in beats per minute, 20 to 300 (default: 120)",
    )
    parser.add_argument(
        "--repeats",
        type=integer(1, 64),
        default=3,
        metavar="N",
        help="how many times each file plays its beat (default: 3, as `mine` needs to find it "
        "again; a pack made with 1 needs `mine --windows '*'`)",
    )


def midi(arguments: argparse.Namespace) -> int:
    """Write the pack."""
    from drumatlas_export.midi_pack.clips import lost_in_mining, pack_files
    from drumatlas_export.midi_pack.folder import check_new, write_pack

    check_new(arguments.output)
    rows = read_rows(arguments.input)
    clips = _clips(rows, arguments.space)
    write_pack(arguments.output, pack_files(clips, arguments.bpm, arguments.repeats))
    say(f"{arguments.output}: {len(clips)} beats, {arguments.repeats} times each")
    for reason, count in lost_in_mining([row.code for row in rows]).items():
        if count:
            say(f"`mine` would not find {count} of these beats again: {reason}")
    return 0


def _clips(rows: list[BeatRow], space: Path | None) -> "list[Clip]":
    from drumatlas_export.midi_pack.velocity import flat_certainty, of_space

    if space is None:
        return flat_certainty(rows)
    from drumatlas_export.space import open_space

    return of_space(rows, open_space(space))


MIDI = Command(
    "midi",
    "write beats as a pack of MIDI files",
    EXAMPLES,
    midi_options,
    midi,
    "Writes one file per beat, in one folder per genre.",
)
