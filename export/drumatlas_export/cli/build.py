"""`drumatlas-export build`: make an atlas from MIDI files by running the other commands in turn."""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drumatlas import __version__
from drumatlas.beat import tsv
from drumatlas.commandline import Command, integer
from drumatlas.errors import AtlasError, BeatError, FileError
from drumatlas.files import atomic, check_writable, naming, read_bytes, read_text, write_text
from drumatlas.reading import reading_of
from drumatlas_export.cli import beats, models
from drumatlas_export.cli import scores as scores_of
from drumatlas_export.cli.common import (
    ABOUT_HELP,
    CONFIG_HELP,
    MODEL_HELP,
    read_lines,
    read_rows,
    say,
    titled,
)
from drumatlas_export.mine.reasons import named
from drumatlas_export.train.config import KINDS

EXAMPLES = """\
drumatlas-export build my-midi -o mine.atlas
drumatlas-export build songs loops -o mine.atlas --genres folders --windows loops --work build"""

_SCORES = "scores.json"
_PAGE = "report.html"
_MIN_BEATS = 40  # with fewer, a split by song leaves no beats to measure with
_ENOUGH_BEATS = 2000  # from here on, a model's samples are mostly distinct
_MORE = "for more, add files, or try --repeats 2 or --windows '*'"
_UNWRITABLE = "the temporary folder (choose another with --work DIR)"
_STAMP = "build.json"  # records what the files in the work folder were made from
_PROGRAM = "drumatlas-export"  # key of the version in the stamp; a stamp without it is not ours
_MAX_STAMP = 16 << 20  # bytes
_MAX_TABLE = 1 << 30  # bytes of an input file whose contents enter the stamp


def build_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `build`: those of its steps."""
    beats.mining_options(parser)
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="NAME.atlas", help="atlas to write"
    )
    parser.add_argument(
        "--known",
        type=Path,
        action="append",
        default=[],
        metavar="F.tsv",
        help="beats to exclude, in any rotation; may be given several times",
    )
    _training_options(parser)
    models.groove_option(parser)
    parser.add_argument("--about", type=Path, metavar="F.json", help=ABOUT_HELP)
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="folder for intermediate results, so that the same command can resume an interrupted "
        "build (default: a temporary folder)",
    )


def _training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        default="swae",
        metavar="|".join(KINDS),
        help=f"{MODEL_HELP} (default: swae)",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="F.toml",
        help=CONFIG_HELP,
    )
    parser.add_argument(
        "--seed",
        type=integer(0, 2**31 - 1),
        default=1,
        metavar="N",
        help="random seed (default: 1)",
    )


@dataclass(frozen=True, slots=True)
class _Stage:
    """One step of the build; it is done if all files that it `makes` exist."""

    title: str
    makes: tuple[Path, ...]
    run: Callable[[], Any]


def build(arguments: argparse.Namespace) -> int:
    """Run all stages, skipping those already done; write the atlas, its scores and the report."""
    _check(arguments)
    with _work_folder(arguments) as work:
        stages = _stages(arguments, work)
        for number, stage in enumerate(stages, 1):
            is_done = all(path.exists() for path in stage.makes)
            say(f"{number} of {len(stages)}: {stage.title}{' (already done)' if is_done else ''}")
            if not is_done:
                stage.run()
        for made in (work / arguments.output.name, work / _SCORES, work / _PAGE):
            with atomic(arguments.output.with_suffix(made.suffix)) as stream:
                stream.write(made.read_bytes())
    say(f"{arguments.output} is ready: drumatlas play --atlas {arguments.output}")
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Check all inputs now, so that a mistake does not stop the build late."""
    from drumatlas_export.groove.file import read_groove
    from drumatlas_export.mine.genres import labeller
    from drumatlas_export.mine.sources import find_sources

    if arguments.output.suffix != ".atlas":
        raise FileError(f"{arguments.output}: the name must end in .atlas")
    check_writable(arguments.output)
    reading_of(arguments)
    find_sources(arguments.paths, arguments.windows)
    labeller(arguments.genres or ["names"], arguments.genre_column)
    models.config_of(arguments)
    read_groove(arguments.groove)
    for known in arguments.known:
        read_rows(known)
    if arguments.about:
        models.read_table(arguments.about)


def _stages(arguments: argparse.Namespace, work: Path) -> list[_Stage]:
    mined, kept = work / "mined.tsv", work / "beats.tsv"
    report, model, scores = work / "mined.json", work / "model.pt", work / _SCORES
    fresh = work / arguments.output.name

    def part(run: Callable[[argparse.Namespace], int], **words: Any) -> Callable[[], int]:
        return lambda: run(argparse.Namespace(**{**vars(arguments), **words}))

    def train() -> None:
        _warn_of_few(len(list(tsv.parse(read_lines(kept), str(kept)))), named(arguments.paths))
        models.train(argparse.Namespace(**{**vars(arguments), "beats": kept, "output": model}))

    def evaluate() -> None:
        table = scores_of.measured(model, kept, None, arguments.seed)
        write_text(scores, json.dumps(table, indent=1) + "\n")

    def export() -> None:
        words = {"model": model, "beats": None, "scores": scores, "mined": report, "output": fresh}
        models.export(argparse.Namespace(**{**vars(arguments), **words}))
        _try_out(fresh)

    def page() -> None:
        table = models.read_table(scores)
        scores_of.write_page(fresh, kept, None, table, work / _PAGE)

    return [
        _Stage("mine", (report, mined), part(beats.mine, output=mined, report=report)),
        _Stage("filter", (kept,), part(beats.filter_beats, input=mined, output=kept)),
        _Stage("train", (model,), train),
        _Stage("evaluate", (scores,), evaluate),
        _Stage("export", (fresh,), export),
        _Stage("report", (work / _PAGE,), page),
    ]


def _warn_of_few(beats: int, source: str) -> None:
    """Warn if `beats` are few for a good space; BeatError if they are too few to train on."""
    if beats < _MIN_BEATS:
        raise BeatError(f"{source}: {beats} beats are too few to train on", _MORE)
    if beats < _ENOUGH_BEATS:
        say(f"{beats} beats are few: samples will repeat and scores mean little; {_MORE}")


def _try_out(path: Path) -> None:
    """Open the atlas as the box does; AtlasError, and no atlas, if no place in it can be played."""
    from drumatlas.atlas.read import read_atlas
    from drumatlas.explore.search import Places

    try:
        Places(read_atlas(path))
    except AtlasError:
        path.unlink()
        raise


@contextmanager
def _work_folder(arguments: argparse.Namespace) -> Iterator[Path]:
    """Yield the folder of --work, or a temporary one.

    Results of other inputs or options are deleted from the folder of --work. FileError if the
    folder can't be used.
    """
    if arguments.work is None:
        with TemporaryDirectory(prefix="drumatlas-") as name:
            folder = Path(name)
            with titled(_titles(arguments, folder), _UNWRITABLE):
                yield folder
        return
    work: Path = arguments.work
    with naming(work):
        work.mkdir(parents=True, exist_ok=True)
    stamp = _stamp(arguments)
    if _stamp_of(work) != stamp:
        for stage in _stages(arguments, work):
            for path in stage.makes:
                path.unlink(missing_ok=True)
        write_text(work / _STAMP, stamp)
    yield work


def _titles(arguments: argparse.Namespace, work: Path) -> dict[Path, str]:
    """Return what to call the files of a temporary folder, whose paths the user never sees."""
    mined, made = named(arguments.paths), _stages(arguments, work)
    return {
        **{path: path.stem for stage in made for path in stage.makes},
        work / "mined.tsv.part": mined,
        work / "mined.tsv": mined,
        work / "beats.tsv": mined,
        work / "model.pt": "model",
        work / arguments.output.name: str(arguments.output),
        work: "the temporary folder",
    }


def _stamp_of(work: Path) -> str:
    """Return the stamp in the folder, or '' if the folder is empty.

    FileError if `build` did not write the files in it: they could be overwritten.
    """
    try:
        if not any(work.iterdir()):
            return ""
        stamp = read_text(work / _STAMP, _MAX_STAMP)
        table = json.loads(stamp)
    except (OSError, ValueError, RecursionError):
        table = None
    if not isinstance(table, dict) or _PROGRAM not in table:
        raise FileError(f"{work}: holds files that `build` did not write", "choose a new folder")
    return stamp


def _stamp(arguments: argparse.Namespace) -> str:
    """Return all that the results depend on, as JSON.

    These are the program's version, the options, a hash of the tables and the groove, and each
    MIDI file's name, size and modification time.
    """
    from drumatlas_export.mine.sources import facts_of, find_sources

    words = {
        key: value
        for key, value in vars(arguments).items()
        if key not in {"run", "command", "output", "work", "jobs", "dask"}
    }
    tables = [*arguments.known, *filter(None, [arguments.config, arguments.about])]
    named = [*(arguments.genres or ()), *filter(None, [arguments.groove, arguments.map])]
    tables += [path for path in map(Path, named) if path.is_file()]
    digest = sha256()
    for table in tables:
        digest.update(sha256(read_bytes(table, _MAX_TABLE)).digest())
    for source in find_sources(arguments.paths, arguments.windows):
        digest.update(facts_of(source).encode())
    table = {_PROGRAM: __version__, **words, "inputs": digest.hexdigest()}
    return json.dumps(table, indent=1, default=str) + "\n"


BUILD = Command(
    "build",
    "build an atlas from MIDI files in one go",
    EXAMPLES,
    build_options,
    build,
    "Mines beats, trains a network, measures it and writes the atlas, with its scores beside it "
    "(.json and .html).",
)
