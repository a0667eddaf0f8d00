"""`drumatlas-export train`, `sample` and `export`: from beats to a model to an atlas."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drumatlas.beat.tsv import BeatRow, format_rows
from drumatlas.commandline import Command, integer
from drumatlas.errors import BeatError, ConfigError, FileError, ModelError
from drumatlas.files import check_writable, read_text, write_text
from drumatlas_export.cli.common import ABOUT_HELP, CONFIG_HELP, MODEL_HELP, read_rows, say
from drumatlas_export.train.config import KINDS

if TYPE_CHECKING:
    from drumatlas.atlas.model import Climate
    from drumatlas_export.train.config import TrainConfig

TRAIN_EXAMPLES = """\
drumatlas-export train beats.tsv --model acai -o acai.pt
drumatlas-export train beats.tsv --model vae -o vae.pt --seed 3 --config vae.toml"""
SAMPLE_EXAMPLES = """\
drumatlas-export sample acai.pt -n 10000 --raw -o raw.tsv
drumatlas-export sample mine.atlas -n 500 -o passing.tsv"""
EXPORT_EXAMPLES = """\
drumatlas-export export acai.pt -o mine.atlas
drumatlas-export export acai.pt -o mine.atlas --scores scores.json --mined mined.json"""

_MAX_JSON = 16 << 20  # bytes
_MAX_DRAWS = 200  # draws per beat that passes; a space that needs more is broken


def train_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`."""
    parser.add_argument("beats", type=Path, metavar="beats.tsv", help="beats to train on")
    parser.add_argument(
        "--model",
        required=True,
        metavar="|".join(KINDS),
        help=MODEL_HELP,
    )
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="model.pt", help="model to write"
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
        metavar="N",
        help="random seed (default: that of --config, else 1)",
    )


def train(arguments: argparse.Namespace) -> int:
    """Train a model and write its checkpoint."""
    from rich.console import Console
    from rich.progress import Progress

    from drumatlas_export.train import checkpoint
    from drumatlas_export.train.fit import fit
    from drumatlas_export.train.split import split_by_song

    check_writable(arguments.output)
    config = config_of(arguments)
    rows = read_rows(arguments.beats)
    try:
        split_by_song(rows, config.seed, config.validation_share, config.test_share)
    except BeatError as error:
        raise error.within(str(arguments.beats)) from None
    console = Console(stderr=True)
    with Progress(console=console) as bar:
        task = bar.add_task(f"{config.kind}", total=config.max_epochs)

        def show(epoch: int, _loss: float, validation: float) -> None:
            text = f"{config.kind}, held-out songs: {validation:.2f} nats per beat"
            bar.update(task, completed=epoch, description=text)

        trained = fit(rows, config, show)
    checkpoint.save(trained, arguments.output)
    run = trained.run
    say(
        f"{arguments.output}: best epoch {run['best_epoch']} of {run['epochs']}, "
        f"{run['validation_nats']} nats per beat on held-out songs"
    )
    return 0


def config_of(arguments: argparse.Namespace) -> "TrainConfig":
    """Return the settings that the options of `train` select; ConfigError names an invalid one."""
    from drumatlas_export.train.config import load, recipe

    config = recipe(arguments.model).settings
    if arguments.config:
        config = replace(load(arguments.config, config), kind=arguments.model)
    if arguments.seed is not None:
        config = replace(config, seed=arguments.seed)
    return config


def sample_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sample`."""
    parser.add_argument(
        "space", type=Path, metavar="MODEL|ATLAS", help="model or atlas to draw from"
    )
    parser.add_argument(
        "-n",
        dest="count",
        type=integer(1, 10_000_000),
        required=True,
        metavar="N",
        help="number of beats",
    )
    parser.add_argument(
        "--seed",
        type=integer(0, 2**31 - 1),
        default=0,
        metavar="N",
        help="random seed (default: 0)",
    )
    parser.add_argument(
        "--raw",
        action="store_true",
        help="keep every beat drawn, including monotonous, silent and known ones",
    )
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="F.tsv", help="file to write"
    )


def sample(arguments: argparse.Namespace) -> int:
    """Draw N beats from the prior and write them; without --raw, draw until N pass the filter.

    ModelError if fewer than 1 in 200 pass.
    """
    import numpy as np

    from drumatlas.explore.filters import BeatFilter
    from drumatlas_export.space import open_space

    check_writable(arguments.output)
    space = open_space(arguments.space)
    beat_filter = BeatFilter(space.known)
    rows: list[BeatRow] = []
    draws = 0
    while len(rows) < arguments.count:
        if draws > _MAX_DRAWS * arguments.count:
            raise ModelError(
                f"{arguments.space}: fewer than 1 in {_MAX_DRAWS} samples passes the filter"
            )
        z = space.sample(arguments.count, arguments.seed + draws)
        codes = space.codes(z)
        keep = np.ones(len(z), bool) if arguments.raw else beat_filter.passes(codes)
        pairs = zip(codes[keep].tolist(), z[keep].tolist(), strict=True)
        rows += [BeatRow(tuple(code), tuple(point)) for code, point in pairs]
        draws += len(z)
    write_text(arguments.output, "".join(format_rows(rows[: arguments.count])))
    say(f"{arguments.output}: {arguments.count} beats from {draws} draws")
    return 0


def export_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="model that `train` wrote")
    parser.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="NAME.atlas", help="atlas to write"
    )
    parser.add_argument(
        "--beats",
        type=Path,
        metavar="F.tsv",
        help="beats for the map, the genres and the list of known beats (default: the beats that "
        "the model was trained with)",
    )
    parser.add_argument(
        "--scores",
        type=Path,
        metavar="F.json",
        help="scores to store in the atlas, as `evaluate --json` prints them",
    )
    parser.add_argument(
        "--about",
        type=Path,
        metavar="F.json",
        help=ABOUT_HELP,
    )
    parser.add_argument(
        "--mined",
        type=Path,
        metavar="F.json",
        help="mining report, as `mine --report` writes it: gives the genres their tempo, swing and "
        "drum set, and is stored in the atlas without its file names",
    )
    groove_option(parser)


def groove_option(parser: argparse.ArgumentParser) -> None:
    """Add `--groove`: the velocities and timing that the atlas plays with."""
    parser.add_argument(
        "--groove",
        metavar="F.npz|none",
        help="drummers' velocities and timing, as `groove` writes them, or none (default: learned "
        "from the Groove MIDI dataset)",
    )


def export(arguments: argparse.Namespace) -> int:
    """Write the atlas."""
    from drumatlas_export.atlas.climate import mined_climates
    from drumatlas_export.atlas.job import export as write
    from drumatlas_export.atlas.job import with_beats
    from drumatlas_export.groove.file import read_groove
    from drumatlas_export.mine.report import CLIMATES, LISTS
    from drumatlas_export.train import checkpoint

    check_writable(arguments.output)
    if arguments.output.suffix != ".atlas":
        raise FileError(f"{arguments.output}: the name must end in .atlas")
    scores = read_table(arguments.scores) if arguments.scores else {}
    about = read_table(arguments.about) if arguments.about else {}
    measured: dict[str, Climate] = {}
    if arguments.mined:
        mined = read_table(arguments.mined)
        measured = mined_climates(mined.get(CLIMATES, {}), str(arguments.mined))
        # An atlas is published; file names are private. Its genres hold the climates.
        left_out = {*LISTS, CLIMATES}
        about["mined"] = {name: value for name, value in mined.items() if name not in left_out}
    trained = checkpoint.load(arguments.model)
    if arguments.beats:
        trained = with_beats(trained, read_rows(arguments.beats))
    say("t-SNE map, genres, ONNX ...")
    write(trained, arguments.output, scores, about, read_groove(arguments.groove), mined=measured)
    say(f"{arguments.output}: {arguments.output.stat().st_size // 1024} KiB")
    return 0


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is not allowed")


def read_table(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. ConfigError if it holds anything else; FileError if
    unreadable."""
    try:
        table = json.loads(read_text(path, _MAX_JSON), parse_constant=_no_json)
        json.dumps(table, ensure_ascii=False).encode()  # lone surrogates can't be encoded
    except FileError:
        raise
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON: {error}") from None
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: not a JSON object")
    return table


TRAIN = Command(
    "train",
    "train a model on beats",
    TRAIN_EXAMPLES,
    train_options,
    train,
    "The model is an autoencoder: it compresses a beat to four numbers and rebuilds it from them.",
)
SAMPLE = Command(
    "sample",
    "draw beats from a model or an atlas",
    SAMPLE_EXAMPLES,
    sample_options,
    sample,
    "Draws latent points at random from the model's prior and decodes them. Without --raw, drops "
    "monotonous beats and beats of the training data.",
)
EXPORT = Command(
    "export",
    "turn a model into an atlas",
    EXPORT_EXAMPLES,
    export_options,
    export,
    "Adds what the box needs to play: a map, genre areas, knob axes and velocities.",
)
