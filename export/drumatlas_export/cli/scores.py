"""`drumatlas-export evaluate`: measure spaces, and compare them with simple baselines."""

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
    """Add the options of `evaluate`."""
    parser.add_argument(
        "spaces",
        type=Path,
        nargs="+",
        metavar="MODEL|ATLAS",
        help="models or atlases to measure; for several (such as different training seeds), also "
        "show the worst value, the mean and the spread of each measure",
    )
    parser.add_argument(
        "--train",
        type=Path,
        required=True,
        metavar="F.tsv",
        help="beats that the model was trained on; without --test, the songs that training held "
        "out are taken from here",
    )
    parser.add_argument(
        "--test", type=Path, metavar="F.tsv", help="beats of songs that training did not see"
    )
    parser.add_argument(
        "--seed",
        type=integer(0, 2**31 - 1),
        action="append",
        metavar="N",
        help="random seed; may be given several times (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="F.html",
        help="also write the scores of the first model as a page with map, interpolations and "
        "histograms",
    )


def evaluate(arguments: argparse.Namespace) -> int:
    """Measure all spaces with all seeds and print the scores."""
    from drumatlas_export.score.worst import mean, spread, worst

    if arguments.html:
        check_writable(arguments.html)
    runs = [
        measured(path, arguments.train, arguments.test, seed)
        for path in arguments.spaces
        for seed in arguments.seed or [0]
    ]
    if arguments.html:
        write_page(arguments.spaces[0], arguments.train, arguments.test, runs[0], arguments.html)
    joined = {"worst": worst(runs), "mean": mean(runs), "spread": spread(runs)}
    if arguments.json:
        print(json.dumps({"runs": runs, **joined} if len(runs) > 1 else runs[0], indent=1))
        return 0
    for run in runs:
        _print(run)
    if len(runs) > 1:
        _print_joined(joined)
    return 0


def _print(scores: dict[str, Any]) -> None:
    """Print one run for people: the measures, then the space and the baselines as a table."""
    for name, value in flat({key: value for key, value in scores.items() if key not in _TABLES}):
        print(f"{name:26} {value}")
    for key, title in _TABLES.items():
        rows = scores[key]
        widths = {name: max(len(name) + 2, 10) for name in next(iter(rows.values()), {})}
        print(f"{title:24}" + "".join(f"{name:>{width}}" for name, width in widths.items()))
        for name, row in rows.items():
            print(f"{name:24}" + "".join(f"{row[key]:>{width}}" for key, width in widths.items()))


def _print_joined(joined: dict[str, dict[str, Any]]) -> None:
    """Print the measures of all runs: a line for each, a column for each way to join them."""
    print(f"{'all runs':46}" + "".join(f" {how:>10}" for how in joined))
    for lines in zip(*map(flat, joined.values()), strict=True):
        print(f"{lines[0][0]:46}" + "".join(f" {value:10}" for _, value in lines))


def measured(path: Path, train: Path, test: Path | None, seed: int) -> dict[str, Any]:
    """Return the scores of the space at `path`, in nested tables.

    `train` and `test` are the files of the options of these names. FileError, ModelError,
    AtlasError or BeatError name a file that can't be used.
    """
    from drumatlas_export.score.job import evaluate as measure
    from drumatlas_export.score.job import parted
    from drumatlas_export.space import open_space

    space = open_space(path)
    rows = read_rows(train)
    if test:
        return measure(space, rows, read_rows(test), seed)
    trained, validation, held_out = parted(rows, space)
    return measure(space, trained, held_out, seed, validation)


def write_page(
    space: Path, train: Path, test: Path | None, scores: dict[str, Any], output: Path
) -> None:
    """Write `scores`, as `measured` returned them, as an HTML page with drawings of the space."""
    from drumatlas_export.report.page import report
    from drumatlas_export.score.job import held_out
    from drumatlas_export.space import open_space

    opened, rows = open_space(space), read_rows(train)
    trained, real = (rows, read_rows(test)) if test else held_out(rows, opened)
    write_text(output, report(opened, scores, trained, real))


EVALUATE = Command(
    "evaluate",
    "measure how good a model or an atlas is",
    EXAMPLES,
    evaluate_options,
    evaluate,
    "Compares its beats with held-out real beats, and with beats made by simple baselines. The F1 "
    "score of held-out beats, encoded and decoded, stands there twice: f1_held_out with the "
    "encoder's answer alone, f1_search with the box's search around it. For an atlas, `textbook` "
    "gives the share of the textbook's styles that the box finds where it lands with their beats.",
)
