"""`drumatlas-export mine` and `filter`: MIDI to beats, beats to fewer beats."""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.beat import tsv
from drumatlas.beat.codes import rotation_hash
from drumatlas.commandline import Command, integer, number
from drumatlas.errors import BeatError
from drumatlas.explore.filters import MIN_ENTROPY, BeatFilter
from drumatlas.files import check_writable, write_text
from drumatlas.reading import add_reading, reading_of
from drumatlas_export.cli.common import read_lines, read_rows, say

if TYPE_CHECKING:
    from drumatlas_export.mine.job import Miner

MINE_EXAMPLES = """\
drumatlas-export mine my-midi -o beats.tsv --genres folders
drumatlas-export mine songs loops -o beats.tsv --windows loops --report mined.json
drumatlas-export mine songs -o beats.tsv --genres songs/index.tsv --genre-column style
drumatlas-export mine clips -o beats.tsv --windows clips --channel 1
drumatlas-export mine takes -o beats.tsv --map box.toml
drumatlas-export mine /srv/midi -o beats.tsv --dask tcp://scheduler:8786"""
FILTER_EXAMPLES = """\
drumatlas-export filter samples.tsv -o passing.tsv --known beats.tsv"""


def mine_options(parser: argparse.ArgumentParser) -> None:
    """The options of `mine`."""
    mining_options(parser)
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="beats.tsv")
    parser.add_argument("--report", type=Path, metavar="F.json", help="what was read and refused")


def mining_options(parser: argparse.ArgumentParser) -> None:
    """What is mined, and how."""
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="folders or files")
    parser.add_argument(
        "--repeats", type=integer(2, 64), default=3, metavar="N", help="times in a row (default 3)"
    )
    parser.add_argument(
        "--windows",
        action="append",
        default=[],
        metavar="NAME",
        help="cut the files of this collection (folder below PATH; * = all) in two-bar windows, "
        "too, repeated or not, and label those 'window'",
    )
    parser.add_argument(
        "--genres",
        action="append",
        metavar="folders|names|F.tsv",
        help="labels from the folder's name, from words in the path, or from a table with a "
        "header; may be given several times, the first that knows wins (default: names)",
    )
    parser.add_argument("--genre-column", metavar="NAME", help="of the table (default: genre)")
    parser.add_argument(
        "--min-entropy", type=number(0, 4), default=MIN_ENTROPY, metavar="N", help="nats"
    )
    add_reading(parser)
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=integer(1, 256), default=cores, metavar="N", help="worker processes"
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="let the workers of this Dask scheduler mine (tcp://HOST:8786), which see the files "
        "under the same paths; the result is the same",
    )


def mine(arguments: argparse.Namespace) -> int:
    """Mine and write the beats. What was read stands in a file beside them until then."""
    from rich.console import Console
    from rich.progress import Progress

    from drumatlas_export.mine.file import Rules
    from drumatlas_export.mine.genres import labeller
    from drumatlas_export.mine.job import mine as run_job
    from drumatlas_export.mine.job import rows
    from drumatlas_export.mine.journal import Journal
    from drumatlas_export.mine.report import report, show
    from drumatlas_export.mine.sources import find_sources

    for path in filter(None, (arguments.output, arguments.report)):
        check_writable(path)
    reading = reading_of(arguments)
    label = labeller(arguments.genres or ["names"], arguments.genre_column)
    sources = find_sources(arguments.paths, arguments.windows)
    if not sources:
        raise BeatError(f"{arguments.paths[0]}: no MIDI files (.mid, .midi, .kar, .rmi) in it")
    rules = Rules(arguments.repeats, arguments.min_entropy, reading)
    console = Console(stderr=True)
    part = arguments.output.with_name(f"{arguments.output.name}.part")
    with Journal(part, sources, rules) as journal, Progress(console=console) as bar:
        if journal.kept:
            say(f"{part}: {len(journal.kept)} files were read before")
        task = bar.add_task("mining", total=len(sources))
        mined = run_job(
            sources,
            label,
            rules,
            _miner(arguments),
            journal=journal,
            progress=lambda: bar.advance(task),
        )
        counts = report(mined)
        write_text(arguments.output, "".join(tsv.format_rows(rows(mined))))
        if arguments.report:
            write_text(arguments.report, json.dumps(counts, indent=1, ensure_ascii=False) + "\n")
        journal.finish()
    show(counts, console)
    return 0


def _miner(arguments: argparse.Namespace) -> "Miner":
    """Who reads the files: this machine's processes, or those of a cluster."""
    if arguments.dask:
        from drumatlas_export.mine.cluster import mine_on_cluster

        return lambda sources, rules: mine_on_cluster(sources, rules, arguments.dask)
    from drumatlas_export.mine.local import mine_locally

    return lambda sources, rules: mine_locally(sources, rules, min(arguments.jobs, len(sources)))


def filter_options(parser: argparse.ArgumentParser) -> None:
    """The options of `filter`."""
    parser.add_argument("input", type=Path, metavar="IN.tsv")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="OUT.tsv")
    parser.add_argument(
        "--known", type=Path, action="append", default=[], metavar="F.tsv", help="beats to bar"
    )
    parser.add_argument(
        "--min-entropy", type=number(0, 4), default=MIN_ENTROPY, metavar="N", help="nats"
    )


def filter_beats(arguments: argparse.Namespace) -> int:
    """Keep the lines whose beat passes, each exactly as it is."""
    check_writable(arguments.output)
    known = [rotation_hash(row.code) for file in arguments.known for row in read_rows(file)]
    beat_filter = BeatFilter(known, arguments.min_entropy)
    lines = read_lines(arguments.input)
    is_beat = [bool(line.strip()) and not line.startswith("#") for line in lines]
    codes = [row.code for row in tsv.parse(lines, str(arguments.input))]
    passes = iter(beat_filter.passes(codes).tolist() if codes else [])
    # Comments stay: they may name the songs of the beats below.
    kept = [line for line, is_one in zip(lines, is_beat, strict=True) if not is_one or next(passes)]
    write_text(arguments.output, "".join(kept))
    beats = sum(1 for line in kept if line.strip() and not line.startswith("#"))
    say(f"{arguments.output}: {beats} of {len(codes)} beats pass")
    return 0


MINE = Command("mine", "MIDI files to beats", MINE_EXAMPLES, mine_options, mine)
FILTER = Command(
    "filter", "keep the beats that the article keeps", FILTER_EXAMPLES, filter_options, filter_beats
)
