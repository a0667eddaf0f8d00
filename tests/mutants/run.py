"""Puts one fault after the other into a copy of the sources, and sees whether tests find it.

    PYTHONPATH=tests python -m mutants.run [--only NAME]... [--seconds 120]

A line for each mutant: its name, the test that caught it, and how long that took. Exit code 1 if a
mutant survives, does not even load, or takes too long; 2 if a row fits the sources no longer, or
its tests fail without it. tests/mutants/table.py says what a row is.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from mutants.table import Mutant, RowError, read_table

ROOT = Path(__file__).parents[2]
SOURCES = ("device", "export", "tests")
REPORT = "mutants.xml"
# Tests on JACK are slow, and tried again where they fail. The seed makes runs alike.
PYTEST = (
    *("-m", "pytest", "-x", "-q", "-m", "not jack"),
    *("-p", "mutants.hasty", "-p", "no:cacheprovider", "--hypothesis-seed=1"),
)
_FAILED = 1  # pytest's exit code; others mean that it could not test
_SURVIVED = "SURVIVED"
# A name that is not there shows a slip in the table, not a test that works.
_SLIP = re.compile(
    r"(?:^|\")(NameError|UnboundLocalError|SyntaxError|IndentationError|ImportError"
    r"|ModuleNotFoundError)\b"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: `is_caught`, and by which test; else why not."""

    is_caught: bool
    text: str


class Copy:
    """The tree in a folder of its own, where one file at a time is another."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        for name in _tracked():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
        path = os.pathsep.join(str(folder / name) for name in SOURCES)
        self._environment = {**os.environ, "PYTHONPATH": path}

    def try_out(self, mutant: Mutant) -> Verdict:
        """Run the mutant's tests against it."""
        file = self._folder / mutant.file
        good = file.read_text(encoding="utf-8")
        try:
            self._write(file, mutant.mutated(good))
            problem = self.problem_of(mutant.file)
            return Verdict(False, f"invalid: {problem}") if problem else self.test(mutant.tests)
        finally:
            self._write(file, good)

    def problem_of(self, file: str) -> str:
        """Return why the module in `file` can't be imported from the copy; "" if it can."""
        name = ".".join(Path(file).with_suffix("").parts[1:])
        say = f"import importlib; print(importlib.import_module({name!r}).__file__)"
        done = subprocess.run(
            [sys.executable, "-c", say],
            check=False,
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            return done.stderr.strip().rpartition("\n")[2]
        imported = Path(done.stdout.strip())
        return "" if imported == self._folder / file else f"{imported} was imported"

    def test(self, tests: Iterable[str], times: int = 1) -> Verdict:
        """Run `tests` in the copy up to the first that fails, for `times` the usual limit."""
        report = self._folder / REPORT
        report.unlink(missing_ok=True)
        command = [sys.executable, *PYTEST, f"--junitxml={report}", *tests]
        try:
            done = subprocess.run(
                command,
                check=False,
                cwd=self._folder,
                env=self._environment,
                capture_output=True,
                text=True,
                timeout=self._seconds * times,
            )
        except subprocess.TimeoutExpired:
            return Verdict(False, f"over {self._seconds * times:.0f} s")
        if done.returncode == 0:
            return Verdict(False, _SURVIVED)
        if done.returncode != _FAILED:
            return Verdict(False, f"invalid: pytest ended with {done.returncode}")
        return _first_failure(report)

    @staticmethod
    def _write(file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        # Python takes a file of the same size and second for unchanged.
        Path(cache_from_source(str(file))).unlink(missing_ok=True)


def _tracked() -> list[str]:
    """Return the files of the repository, and new ones that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def _first_failure(report: Path) -> Verdict:
    """Return the test that failed, as pytest's report has it."""
    for case in ET.parse(report).getroot().iter("testcase"):
        for wrong in (*case.findall("failure"), *case.findall("error")):
            message = wrong.get("message", "")
            test = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name', '')}"
            if slip := _SLIP.search(message):
                return Verdict(False, f"invalid: {slip[1]} in {test}")
            return Verdict(True, test)
    return Verdict(False, "invalid: no test failed")


def _chosen(only: Sequence[str]) -> list[Mutant]:
    """Return the rows with these names, or all; RowError if one does not fit the sources."""
    table = {mutant.name: mutant for mutant in read_table()}
    for name in only:
        if name not in table:
            raise RowError(f"unknown mutant '{name}'; choose from {', '.join(table)}")
    rows = [table[name] for name in only] if only else list(table.values())
    for row in rows:
        row.mutated((ROOT / row.file).read_text(encoding="utf-8"))
        row.check_tests(ROOT)
    return rows


def _check_good(copy: Copy, rows: list[Mutant]) -> None:
    """Raise RowError if the tests fail where nothing is mutated, or test something else."""
    for file in sorted({row.file for row in rows}):
        if problem := copy.problem_of(file):
            raise RowError(f"{file}: {problem}")
    tests = sorted({test for row in rows for test in row.tests})
    verdict = copy.test(tests, len(tests))
    if verdict.text != _SURVIVED:
        raise RowError(f"without a mutant: {verdict.text}")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def main() -> int:
    """Try out the mutants; print what becomes of each."""
    parser = argparse.ArgumentParser(description="put faults into a copy; tests must find them")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this row")
    parser.add_argument("--seconds", type=float, default=120, help="that a mutant's tests may take")
    given = parser.parse_args()
    began = time.monotonic()
    survived = left_out = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        try:
            rows = _chosen(given.only)
            copy = Copy(Path(folder).resolve(), given.seconds)
            _check_good(copy, rows)
        except RowError as error:
            print(f"mutants: {error}", file=sys.stderr)
            return 2
        width = max(len(row.name) for row in rows)
        for row in rows:
            if row.needs_root and not _is_root():
                print(f"{row.name:{width}}   left out: its tests want root", flush=True)
                left_out += 1
                continue
            since = time.monotonic()
            verdict = copy.try_out(row)
            survived += not verdict.is_caught
            print(
                f"{row.name:{width}}  {time.monotonic() - since:5.1f} s  {verdict.text}", flush=True
            )
    took = time.monotonic() - began
    tried = len(rows) - left_out
    print(f"{tried - survived} of {tried} mutants caught, {took:.0f} s")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
