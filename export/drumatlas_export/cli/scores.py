"""`drumatlas-export evaluate`: how good spaces are, beside the controls that no space made."""

import argparse
import json
from pathlib import Path
from typing import Any

from drumatlas.commandline import Command, integer
from drumatlas.files import check_writable, write_text
from drumatlas_export.cli.common import flat, read_rows

EXAMPLES = """\
drumatlas-export evaluate acai.pt --train beats.tsv --json > scores.json
drumatlas-export evaluate mine.atlas --train beats.tsv --test other-songs.tsv
drumatlas-export evaluate seed1.pt seed2.pt seed3.pt --train beats.tsv --seed 1 --seed 2"""

_TABLES = {"genre_areas": "genre areas", "against_held_out": "against held-out beats"}


def evaluate_options(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    parser.add_argument(
        "spaces",
        type=Path,
        nargs="+",
        metavar="MODEL|ATLAS",
        help="models or atlases; of several (of different training seeds) the worst values and "
        "their "
        "spread are shown, too",
    )
    parser.add_argument(
        "--train",
        type=Path,
        required=True,
        metavar="F.tsv",
        help="beats that it was trained on; without --test, songs held out from the training are "
        "taken "
        "from here",
    )
    parser.add_argument(
        "--test", type=Path, metavar="F.tsv", help="beats of songs that it was not trained on"
    )
    parser.add_argument(
        "--seed",
        type=integer(0, 2**31 - 1),
        action="append",
        metavar="N",
        help="start of the random numbers; may be given several times (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="F.html",
        help="also write the first one's scores as a page, with map, ways and histograms",
    )


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    from drumatlas_export.score.worst import spread, worst

    if arguments.html:
        check_writable(arguments.html)
    runs = [
        measured(path, arguments.train, arguments.test, seed)
        for path in arguments.spaces
        for seed in arguments.seed or [0]
    ]
    if arguments.html:
        write_page(arguments.spaces[0], arguments.train, arguments.test, runs[0], arguments.html)
    lowest, apart = worst(runs), spread(runs)
    if arguments.json:
        several = {"runs": runs, "worst": lowest, "spread": apart}
        print(json.dumps(several if len(runs) > 1 else runs[0], indent=1))
        return 0
    for run in runs:
        _print(run)
    if len(runs) > 1:
        print("worst of all runs, and how far they lie apart")
        for (name, value), (_, way) in zip(flat(lowest), flat(apart), strict=True):
            print(f"{name:46} {value:10} {way:10}")
    return 0


def _print(scores: dict[str, Any]) -> None:
    """One run for people: the measures, then the space and the controls as a table."""
    for name, value in flat({key: value for key, value in scores.items() if key not in _TABLES}):
        print(f"{name:26} {value}")
    for key, title in _TABLES.items():
        rows = scores[key]
        columns = list(next(iter(rows.values()), {}))
        print(f"{title:24}" + "".join(f"{name:>10}" for name in columns))
        for name, row in rows.items():
            print(f"{name:24}" + "".join(f"{row[column]:>10}" for column in columns))


def measured(path: Path, train: Path, test: Path | None, seed: int) -> dict[str, Any]:
    """The scores of the space at `path`; `train` and `test` as the options."""
    from drumatlas_export.score.job import evaluate as measure
    from drumatlas_export.score.job import parted
    from drumatlas_export.space import open_space

    space = open_space(path)
    rows = read_rows(train)
    if test:
        return measure(space, rows, read_rows(test), seed)
    taught, validation, held_out = parted(rows, space)
    return measure(space, taught, held_out, seed, validation)


def write_page(
    space: Path, train: Path, test: Path | None, scores: dict[str, Any], output: Path
) -> None:
    """The scores of `measured` as a page, beside drawings of the space at `space`."""
    from drumatlas_export.report.page import report
    from drumatlas_export.score.job import held_out
    from drumatlas_export.space import open_space

    opened, rows = open_space(space), read_rows(train)
    taught, real = (rows, read_rows(test)) if test else held_out(rows, opened)
    write_text(output, report(opened, scores, taught, real))


EVALUATE = Command(
    "evaluate",
    "measure how good a model or an atlas is",
    EXAMPLES,
    evaluate_options,
    evaluate,
    "Compares its beats with real ones that it has not seen, beside simple ways of making beats.",
)
