"""`drumatlas decode` and `drumatlas encode`: latent points to beats, beats to latent points."""

import argparse
import sys
from collections.abc import Iterable
from math import isfinite
from pathlib import Path

import numpy as np

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.atlas.trial import open_atlas
from drumatlas.beat import tsv
from drumatlas.beat.codes import Code, pack
from drumatlas.beat.drums import Reading, misfit_line, read, unvoiced_line
from drumatlas.beat.grid import four_four
from drumatlas.beat.smf import MAX_BYTES
from drumatlas.beat.tsv import BeatRow
from drumatlas.cli.common import LATENT_LIMIT, add_atlas
from drumatlas.commandline import Command, say
from drumatlas.errors import BeatError, ControlError, MidiFileError
from drumatlas.files import read_bytes, read_text
from drumatlas.reading import add_reading, reading_of

_BATCH = 64  # points per call of the decoder
MAX_TSV = 256 << 20  # bytes

DECODE_EXAMPLES = """\
echo 0.4,-0.3,0.5,0.2 | drumatlas decode
drumatlas decode --raw < points.csv > beats.tsv"""
ENCODE_EXAMPLES = """\
drumatlas encode song.mid
drumatlas encode clip.mid --channel 1
drumatlas encode take.mid --map tr-8s
drumatlas encode --atlas mine.atlas beats.tsv"""


def decode_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `decode`."""
    add_atlas(parser)
    parser.add_argument(
        "--raw",
        action="store_true",
        help="print the decoder's own beat, even if it is dull, silent or in the training data",
    )


def encode_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `encode`."""
    add_atlas(parser)
    parser.add_argument(
        "input", type=Path, metavar="IN.tsv|IN.mid", help="beats, or a MIDI file with drums in 4/4"
    )
    add_reading(parser)


def _points(lines: Iterable[str]) -> Floats:
    """Return z float32 [n, 4] from lines of 4 numbers; ControlError names a bad line."""
    points = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            point = [float(part) for part in line.split(",")]
        except ValueError:
            raise ControlError(
                f"stdin, line {number}: expected 4 numbers separated by commas"
            ) from None
        if len(point) != 4:
            raise ControlError(f"stdin, line {number}: expected 4 numbers, found {len(point)}")
        if not all(isfinite(value) and abs(value) <= LATENT_LIMIT for value in point):
            raise ControlError(
                f"stdin, line {number}: a number is outside -{LATENT_LIMIT:.15g} to "
                f"{LATENT_LIMIT:.15g}"
            )
        points.append(point)
    return np.array(points, np.float32).reshape(-1, 4)


def decode(arguments: argparse.Namespace) -> int:
    """Read latent points from stdin and write their beats as TSV to stdout."""
    from drumatlas.explore.search import Places

    atlas = open_atlas(arguments.atlas)
    places = Places(atlas)
    try:
        z = _points(sys.stdin)
    except UnicodeDecodeError:
        raise ControlError("stdin: not UTF-8 text") from None
    codes: list[Code] = []
    if arguments.raw:
        for start in range(0, len(z), _BATCH):
            hits = places.hits(z[start : start + _BATCH])[1]
            codes += [tuple(code) for code in pack(hits).tolist()]
    else:
        codes = [places.at(point).code for point in z]
    rows = (BeatRow(code, tuple(point)) for code, point in zip(codes, z.tolist(), strict=True))
    sys.stdout.writelines(tsv.format_rows(rows))
    return 0


def encode(arguments: argparse.Namespace) -> int:
    """Write beats with their latent points and the genres there as TSV to stdout."""
    reading = reading_of(arguments)
    atlas = open_atlas(arguments.atlas)
    codes = _codes(arguments.input, reading)
    sys.stdout.writelines(tsv.format_rows(_encode(atlas, codes)))
    return 0


def _encode(atlas: Atlas, codes: list[Code]) -> Iterable[BeatRow]:
    from drumatlas.explore.encode import encode_beat
    from drumatlas.explore.genre import genre_of

    for code in codes:
        z = encode_beat(atlas, code)
        name = genre_of(atlas, z).name
        yield BeatRow(code, tuple(z.tolist()), labels=(name,) if name else ())


def _codes(path: Path, reading: Reading) -> list[Code]:
    """Return the beats of a TSV in order, or a MIDI file's two-bar windows without repeats."""
    if path.suffix.lower() != ".tsv":
        return _midi_codes(read_bytes(path, MAX_BYTES), path, reading)
    lines = read_text(path, MAX_TSV).splitlines()
    codes = [row.code for row in tsv.parse(lines, str(path))]
    if not codes:
        raise BeatError(f"{path}: has no beats")
    return codes


def _midi_codes(data: bytes, path: Path, reading: Reading) -> list[Code]:
    """Return a MIDI file's two-bar windows without repeats, and print what they leave out."""
    codes: dict[Code, None] = {}
    misfits: list[str] = []
    try:
        drums = read(data, reading)
        for code, reason in drums.two_bars(four_four(drums.track)):
            codes[code] = None
            misfits.append(reason)
    except MidiFileError as error:
        raise error.within(str(path)) from None
    lines = list(filter(None, (*drums.track.remarks, unvoiced_line(drums.unvoiced))))
    if not codes:
        raise MidiFileError(f"{path}: {'; '.join([drums.why_empty, *lines])}")
    for line in (*lines, *filter(None, (misfit_line(misfits),))):
        say(f"{path}: {line}")
    return list(codes)


DECODE = Command(
    "decode",
    "turn latent points into beats",
    DECODE_EXAMPLES,
    decode_options,
    decode,
    "Reads latent points from standard input, four numbers separated by commas on each line, and "
    "prints the beat that plays at each point.",
)
ENCODE = Command(
    "encode",
    "turn beats into latent points",
    ENCODE_EXAMPLES,
    encode_options,
    encode,
    "Prints each beat of a file with its latent point and the genre there. The point comes "
    "from the encoder and a search around its answer for the place whose decoded beat is nearest "
    "to the given one. A MIDI file is cut into two-bar beats.",
)
