"""The rows of the table fit the sources; `make mutants` tries them out."""

import ast
from pathlib import Path

import pytest

from mutants.run import _first_failure
from mutants.table import Mutant, RowError, read_table

ROOT = Path(__file__).parents[2]
TABLE = read_table()
LEAST = 30


def test_there_are_enough_of_them_and_all_parts_have_some() -> None:
    assert len(TABLE) >= LEAST
    rooms = {Path(row.file).parts[2] for row in TABLE}
    assert {"play", "midi", "web", "atlas", "explore", "service", "cli", "beat"} <= rooms


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_can_be_applied_and_is_python(row: Mutant) -> None:
    source = (ROOT / row.file).read_text(encoding="utf-8")
    mutated = row.mutated(source)
    assert ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(source))
    row.check_tests(ROOT)
    assert row.why


def test_a_text_that_is_there_twice_or_no_more_is_named() -> None:
    row = Mutant("odd", "why", "f.py", "a = 1", "a = 2", ())
    assert row.mutated("a = 1\n") == "a = 2\n"
    for source in ("", "a = 1\na = 1\n"):
        with pytest.raises(RowError, match="odd: f.py has the text"):
            row.mutated(source)


def test_tests_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "test_f.py").write_text("def test_one() -> None: ...\n")
    for tests in (("test_f.py",), ("test_f.py::test_one",)):
        Mutant("odd", "why", "f.py", "", "", tests).check_tests(tmp_path)
    for test in ("test_g.py", "test_f.py::test_two", "test_f.py::test_on"):
        with pytest.raises(RowError, match="odd: "):
            Mutant("odd", "why", "f.py", "", "", (test,)).check_tests(tmp_path)


@pytest.mark.parametrize(
    ("inside", "is_caught"),
    [
        ('<failure message="assert 1 == 2"/>', True),
        ('<error message="failed on setup with &quot;KeyError&quot;"/>', True),
        ("<failure message=\"NameError: name 'x' is not defined\"/>", False),
        ('<error message="failed on setup with &quot;NameError: name&quot;"/>', False),
        ('<failure message="assert not NameError"/>', True),
        ("", False),
    ],
)
def test_a_mutant_that_does_not_load_does_not_count_as_caught(
    tmp_path: Path, inside: str, is_caught: bool
) -> None:
    report = tmp_path / "report.xml"
    report.write_text(f'<a><testcase classname="tests.f" name="one">{inside}</testcase></a>')
    assert _first_failure(report).is_caught is is_caught
