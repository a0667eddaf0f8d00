"""`drumatlas-export mine` and `filter`: find beats in MIDI files, and select beats."""

import argparse
import json
import os
from contextlib import contextmanager
from functools import partial
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
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from drumatlas_export.mine.file import Rules
    from drumatlas_export.mine.genres import Labeller
    from drumatlas_export.mine.job import Mined, Miner
    from drumatlas_export.mine.sources import Source

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
    """Add the options of `mine`."""
    mining_options(parser)
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="beats.tsv", help="file to write"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="F.json",
        help="also write a report of the files that were read and refused, and of the tempo, swing "
        "and drum set of each genre (JSON)",
    )


def mining_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `mine` and `build` share: what to mine, and how."""
    parser.add_argument(
        "paths",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="MIDI files, zip files, or folders of them",
    )
    parser.add_argument(
        "--repeats",
        type=integer(2, 64),
        default=3,
        metavar="N",
        help="keep two bars only if they are played N times in a row, 2 to 64 (default: 3)",
    )
    parser.add_argument(
        "--windows",
        action="append",
        default=[],
        metavar="NAME",
        help="take every two bars of this collection (a folder or zip file below PATH; * for all), "
        "even if they do not repeat, and label such beats 'window'; may be given several times",
    )
    _genre_options(parser)
    _entropy_option(parser)
    add_reading(parser)
    _work_options(parser)


def _genre_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--genres",
        action="append",
        metavar="folders|names|F.tsv",
        help="source of a beat's genre: the name of its file's folder (folders), words in the "
        "file's path (names), or a table with a header (F.tsv); may be given several times, and "
        "the first one that knows a genre wins (default: names)",
    )
    parser.add_argument(
        "--genre-column",
        metavar="NAME",
        help="column of the table that holds the genre (default: genre, else the second column)",
    )


def _work_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which processes or machines do the work."""
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs",
        type=integer(1, 256),
        default=cores,
        metavar="N",
        help="number of worker processes (default: one per core)",
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="mine on the cluster of this Dask scheduler (tcp://HOST:8786); its workers must see "
        "the files under the same paths",
    )


def _entropy_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--min-entropy",
        type=number(0, 4),
        default=MIN_ENTROPY,
        metavar="N",
        help="drop monotonous beats: those whose steps have an entropy below N nats, 0 to 4 "
        "(default: 0.9)",
    )


def mine(arguments: argparse.Namespace) -> int:
    """Mine the beats and write them.

    Until they are written, a journal beside the output (NAME.part) holds the results so far.
    """
    from rich.console import Console

    from drumatlas_export.mine.file import Rules
    from drumatlas_export.mine.genres import labeller
    from drumatlas_export.mine.job import rows
    from drumatlas_export.mine.reasons import no_beats, no_files, windows_hint
    from drumatlas_export.mine.report import passed_over, report, show
    from drumatlas_export.mine.sources import search

    for path in filter(None, (arguments.output, arguments.report)):
        check_writable(path)
    reading = reading_of(arguments)
    label = labeller(arguments.genres or ["names"], arguments.genre_column)
    found = search(arguments.paths, arguments.windows)
    if not found.sources:
        raise BeatError(no_files(arguments.paths, found))
    rules = Rules(arguments.repeats, arguments.min_entropy, reading)
    console = Console(stderr=True)
    with _mined(arguments, found.sources, rules, label, console) as mined:
        counts = report(mined) | passed_over(found)
        if arguments.report:
            write_text(arguments.report, json.dumps(counts, indent=1, ensure_ascii=False) + "\n")
        if mined.classes:
            write_text(arguments.output, "".join(tsv.format_rows(rows(mined))))
    if not mined.classes:
        raise BeatError(no_beats(arguments.paths, found, mined))
    show(counts, console)
    if hint := windows_hint(mined):
        say(hint)
    return 0


@contextmanager
def _mined(
    arguments: argparse.Namespace,
    sources: "Sequence[Source]",
    rules: "Rules",
    label: "Labeller",
    console: "Console",
) -> "Iterator[Mined]":
    """Mine with a journal; delete it once the caller has written the results."""
    from rich.progress import Progress

    from drumatlas_export.mine.job import mine as run_job
    from drumatlas_export.mine.journal import Journal
    from drumatlas_export.mine.reasons import counted

    part = arguments.output.with_name(f"{arguments.output.name}.part")
    bar = Progress(console=console, disable=not console.is_terminal)
    with Journal(part, sources, rules) as journal:
        if journal.kept:
            say(f"{part}: resuming; an earlier run read {counted(len(journal.kept), 'file')}")
        elif journal.is_replaced:
            say(f"{part}: damaged, or from another job; reading all files again")
        with bar:
            task = bar.add_task("mining", total=len(sources))
            advance = partial(bar.advance, task)
            miner = _miner(arguments)
            mined = run_job(sources, label, rules, miner, journal=journal, progress=advance)
        yield mined
        journal.finish()


def _miner(arguments: argparse.Namespace) -> "Miner":
    """Return the miner: processes of this machine, or workers of a cluster."""
    if arguments.dask:
        from drumatlas_export.mine.cluster import mine_on_cluster

        return lambda sources, rules: mine_on_cluster(sources, rules, arguments.dask)
    from drumatlas_export.mine.local import mine_here, mine_locally, why_no_workers

    if reason := why_no_workers():
        say(f"can't start worker processes ({reason}); mining in one process")
        return mine_here
    return lambda sources, rules: mine_locally(sources, rules, min(arguments.jobs, len(sources)))


def filter_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `filter`."""
    parser.add_argument("input", type=Path, metavar="IN.tsv", help="beats to select from")
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="OUT.tsv", help="file to write"
    )
    parser.add_argument(
        "--known",
        type=Path,
        action="append",
        default=[],
        metavar="F.tsv",
        help="also drop beats that are in this file, in any rotation; may be given several times",
    )
    _entropy_option(parser)


def filter_beats(arguments: argparse.Namespace) -> int:
    """Write the lines whose beat passes, each unchanged."""
    check_writable(arguments.output)
    known = [rotation_hash(row.code) for file in arguments.known for row in read_rows(file)]
    beat_filter = BeatFilter(known, arguments.min_entropy)
    lines = read_lines(arguments.input)
    is_beat = [bool(line.strip()) and not line.startswith("#") for line in lines]
    codes = [row.code for row in tsv.parse(lines, str(arguments.input))]
    passes = iter(beat_filter.passes(codes).tolist() if codes else [])
    # Comments stay: they may name the songs of the beats that follow.
    kept = [line for line, is_one in zip(lines, is_beat, strict=True) if not is_one or next(passes)]
    write_text(arguments.output, "".join(kept))
    beats = sum(1 for line in kept if line.strip() and not line.startswith("#"))
    say(f"{arguments.output}: {beats} of {len(codes)} beats pass")
    return 0


MINE = Command(
    "mine",
    "find the drum beats in MIDI files",
    MINE_EXAMPLES,
    mine_options,
    mine,
    "A beat is two bars of 4/4 that are repeated. To resume an interrupted job, run the same "
    "command again.",
)
FILTER = Command(
    "filter",
    "select the beats that are lively and new",
    FILTER_EXAMPLES,
    filter_options,
    filter_beats,
    'Applies the filter of the article "Drum Patterns from Latent Space" (A. Tikhonov, 2019).',
)
