"""`drumatlas render`: write what `play` would play to a file, faster than real time."""

import argparse
from dataclasses import replace
from pathlib import Path

from drumatlas.cli.common import (
    LATENT_LIMIT,
    MAX_SECONDS,
    add_atlas,
    add_tempo,
    find_genre,
)
from drumatlas.commandline import Command, integer, number, numbers, say
from drumatlas.errors import FileError
from drumatlas.explore.control_list import names_help

EXAMPLES = """\
drumatlas render --genre funk --bars 8 -o funk.mid
drumatlas render --z=-0.6,0.5,-0.4,0.3 --seconds 30 -o place.mid
drumatlas render --script moves.jsonl --seed 7 -o moves.tsv"""

_TAIL_S = 4.0  # how long the render goes on after the last line of a script
_DEFAULT_BARS = 8


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `render`."""
    add_atlas(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--z",
        type=numbers(4, -LATENT_LIMIT, LATENT_LIMIT),
        metavar="a,b,c,d",
        help="play at this latent point (4 numbers)",
    )
    where.add_argument("--genre", metavar="NAME", help="play at the centre of this genre")
    where.add_argument(
        "--knobs",
        type=numbers(4, 0, 1),
        metavar="a,b,c,d",
        help="play at these positions of the knobs x1 to x4, 0 to 1 each",
    )
    where.add_argument(
        "--script",
        type=Path,
        metavar="F",
        help='play a script of control moves, with lines like {"t": 2.5, "control": "x1", "value": '
        "0.8}",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--seconds", type=number(0.01, MAX_SECONDS), metavar="N", help="length in seconds"
    )
    length.add_argument(
        "--bars",
        type=integer(1, 100_000),
        metavar="N",
        help="length in bars (default: 8, or 4 s more than the script)",
    )
    add_tempo(parser)
    parser.add_argument(
        "--clock-out",
        action="store_true",
        help="also write MIDI clock, Start and Stop into the .mid; a DAW may not read such a file, "
        "since the format does not allow them",
    )
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="F.mid|F.tsv",
        help="file to write: .mid for the notes, .tsv for the beats, one line per two bars",
    )


def run(arguments: argparse.Namespace) -> int:
    """Render and write the file; FileError if it can't be written or its name has another end."""
    import numpy as np

    from drumatlas.atlas.trial import open_atlas
    from drumatlas.beat.tsv import format_rows
    from drumatlas.engine import Engine
    from drumatlas.explore.controls import Turn
    from drumatlas.files import atomic, write_text
    from drumatlas.panel.script import ScriptPanel, read_script
    from drumatlas.play.settings import PlaySettings
    from drumatlas.render import Cycles, bars_for, render, seconds_of

    output: Path = arguments.output
    if output.suffix not in {".mid", ".tsv"}:
        raise FileError(f"{output}: the file name must end in .mid or .tsv")
    settings = replace(PlaySettings(), bpm=arguments.bpm or 120.0, seed=arguments.seed or 0)
    script = read_script(arguments.script) if arguments.script else []
    bars = arguments.bars
    if bars is None:
        bars = bars_for(script[-1][0] + _TAIL_S, settings.bpm) if script else _DEFAULT_BARS
    atlas = open_atlas(arguments.atlas)
    engine = Engine(atlas, settings, [ScriptPanel(script, 0)], 0)
    if arguments.z:
        engine.explorer.go(np.array(arguments.z, np.float32))
    elif arguments.genre:
        engine.explorer.go(find_genre(atlas, arguments.genre).centroid)
    for i, value in enumerate(arguments.knobs or (), 1):
        engine.handle(Turn(f"x{i}", value), 0)
    cycles = Cycles()
    engine.sequencer.on_step = cycles.note
    played = list(render(engine, arguments.seconds or seconds_of(bars, settings.bpm)))
    if output.suffix == ".tsv":
        write_text(output, "".join(format_rows(cycles.rows)))
    else:
        from drumatlas.midi.files.take import take_bytes

        with atomic(output) as stream:
            stream.write(take_bytes(played, clock=arguments.clock_out))
    say(f"{output}: wrote {len(cycles.rows)} two-bar beats")
    return 0


COMMAND = Command(
    "render",
    "write a performance to a file",
    EXAMPLES,
    options,
    run,
    "Plays like `play`, but faster than real time. The same input gives the same file.",
    "\n".join(("controls of a script:", *(f"  {line}" for line in names_help()))),
)
