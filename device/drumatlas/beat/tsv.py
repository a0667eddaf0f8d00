"""The beats TSV: one beat a line.

    code[<TAB>latent[<TAB>map[<TAB>labels]]]

code = 32 comma-separated integers 0..16383, latent = 4 floats, map = 2 floats, labels =
words joined by `;`. Each of the three optional fields may also stand without the ones
before it (they can't be confused), so mined beats are `code<TAB>rock`.
Lines starting with `#` are comments; a comment `# songs: A | B` names the songs of the
beats below it, which is how a training split keeps songs together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from drumatlas.beat.codes import Code, check_code
from drumatlas.errors import BeatError

SONGS_MARK = "# songs: "
SONGS_JOIN = " | "


@dataclass(frozen=True, slots=True)
class BeatRow:
    """One line of a beats TSV. Absent fields are None or empty."""

    code: Code
    latent: tuple[float, ...] | None = None  # 4 floats
    xy: tuple[float, ...] | None = None  # 2 floats, map coordinates
    labels: tuple[str, ...] = ()
    songs: tuple[str, ...] = ()


def _floats(field: str) -> tuple[float, ...] | None:
    parts = field.split(",")
    if len(parts) not in {2, 4}:
        return None
    try:
        values = tuple(float(part) for part in parts)
    except ValueError:
        return None
    if not all(isfinite(value) for value in values):
        raise BeatError(f"'{field[:40]}' has a number that is not finite")
    return values


def parse_code(field: str) -> Code:
    """Return the code in 32 comma-separated integers; BeatError if it is invalid."""
    try:
        steps = [int(part) for part in field.split(",")]
    except ValueError:
        raise BeatError(f"'{field[:40]}' is not a list of integers") from None
    return check_code(steps)


def parse_line(line: str, songs: tuple[str, ...] = ()) -> BeatRow:
    """Return the row in one line that is not a comment; BeatError if it is invalid."""
    first, *rest = line.rstrip("\r\n").split("\t")
    latent = xy = None
    labels: tuple[str, ...] = ()
    for field in rest:
        values = _floats(field)
        if values is not None and len(values) == 4 and latent is None and xy is None:
            latent = values
        elif values is not None and len(values) == 2 and xy is None and not labels:
            xy = values
        elif values is None and not labels:
            labels = tuple(word for word in field.split(";") if word)
        else:
            raise BeatError(f"field '{field[:40]}': expected 4 floats, 2 floats or labels")
    return BeatRow(parse_code(first), latent, xy, labels, songs)


def parse(lines: Iterable[str], name: str = "beats") -> Iterator[BeatRow]:
    """Yield the rows of a beats TSV; BeatError names `name` and the line."""
    songs: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        if line.startswith(SONGS_MARK):
            songs = tuple(filter(None, line[len(SONGS_MARK) :].strip().split(SONGS_JOIN)))
        if line.startswith("#") or not line.strip():
            continue
        try:
            yield parse_line(line, songs)
        except BeatError as error:
            raise error.within(f"{name}, line {number}") from None


def format_row(row: BeatRow) -> str:
    """Return `row` as one line, without its songs and without a line end."""
    fields = [",".join(str(step) for step in row.code)]
    present = (values for values in (row.latent, row.xy) if values is not None)
    fields.extend(",".join(repr(float(value)) for value in values) for values in present)
    if row.labels:
        fields.append(";".join(row.labels))
    return "\t".join(fields)


def format_rows(rows: Iterable[BeatRow]) -> Iterator[str]:
    """Yield the lines (with line ends) of a TSV, with a songs comment wherever the songs change."""
    songs: tuple[str, ...] = ()
    for row in rows:
        if row.songs != songs:
            songs = row.songs
            yield SONGS_MARK + SONGS_JOIN.join(songs) + "\n"
        yield format_row(row) + "\n"
