"""Beats as codes, for tests of mining."""

from collections.abc import Callable, Sequence
from pathlib import Path

from drumatlas.beat.codes import Code
from drumatlas.beat.tsv import parse

Hit = tuple[int, int]  # tick, key
HitsOf = Callable[[Sequence[int], int], list[Hit]]
WriteMidi = Callable[..., Path]


def code_of(text: str) -> Code:
    return tuple(map(int, text.split()))


def rotate(code: Code, steps: int) -> Code:
    """Return `code` begun `steps` later: step `steps` becomes step 0."""
    steps %= len(code)
    return code[steps:] + code[:steps]


def rows_of(path: Path) -> list[tuple[Code, tuple[str, ...], tuple[str, ...]]]:
    """Return the code, labels and songs of each beat in a file."""
    rows = parse(path.read_text(encoding="utf-8").splitlines(keepends=True))
    return [(row.code, row.labels, row.songs) for row in rows]


# All but DULL have a hit on the first and on the last step.
ROCK = code_of("1 0 4 0 6 0 4 0 5 0 4 0 6 0 4 0 5 0 5 0 6 0 4 0 5 1 4 0 6 0 4 2")
JAZZ = code_of(
    "257 0 0 0 260 0 256 0 257 0 2 0 260 0 256 1 257 0 0 2 260 0 256 0 256 0 2 0 260 1 0 2"
)
FUNK = ROCK[:16] + code_of("37 4 36 4 6 4 36 5 4 5 36 4 6 4 36 2")
DULL = code_of("1 0 0 0 " * 8)
