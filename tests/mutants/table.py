"""The table of mutants: deliberate faults, each with the tests that should find it.

Its rows stand in the .toml files beside this one, by the part of the program that they break:

    name    for `--only`, and for whoever talks about it
    why     what would go wrong for those who play, in a line
    file    the source that is changed, from the root of the repository
    old     the text that is replaced; it must stand there exactly once
    new     what takes its place
    tests   the nearest tests: files, or FILE::TEST, from the root of the repository
    needs_root  true where the tests that find it are skipped for everybody but root; may be missing
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

TABLES = Path(__file__).parent


class RowError(Exception):
    """A row that fits the sources no longer; the text names it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One row."""

    name: str
    why: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    needs_root: bool = False

    def mutated(self, source: str) -> str:
        """Return `source`, the text of `file`, with the fault in it; RowError if `old` does not
        stand there exactly once."""
        found = source.count(self.old)
        if found != 1:
            raise RowError(f"{self.name}: {self.file} has the text to replace {found} times")
        return source.replace(self.old, self.new)

    def check_tests(self, root: Path) -> None:
        """Raise RowError if one of the tests does not exist under `root`."""
        for test in self.tests:
            path, *names = test.split("::")
            if not (root / path).is_file():
                raise RowError(f"{self.name}: there is no {path}")
            text = (root / path).read_text(encoding="utf-8")
            for name in names:
                if not re.search(rf"^\s*(?:def|class|async def) {re.escape(name)}\b", text, re.M):
                    raise RowError(f"{self.name}: {path} has no {name}")


def read_table() -> tuple[Mutant, ...]:
    """Return all rows; RowError if two have one name."""
    rows = [
        Mutant(**{**row, "tests": tuple(row["tests"])})
        for path in sorted(TABLES.glob("*.toml"))
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    ]
    names = [row.name for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise RowError(f"{name}: two rows have this name")
    return tuple(rows)
