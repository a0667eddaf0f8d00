"""The order of the sources: helpers of tests in `support`, short files, each class name once."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MAX_LINES = 300


def test_only_tests_stand_at_the_top() -> None:
    helpers = {path.name for path in TESTS.glob("*.py") if not path.name.startswith("test_")}
    assert helpers == {"conftest.py"}, "helpers belong in tests/support"


@pytest.mark.parametrize("folder", ["device", "export", "tests"])
def test_no_file_has_more_than_300_lines(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    lines = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}


def test_no_class_of_the_tests_has_the_name_of_another() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].add(f"{path.relative_to(TESTS)}:{node.lineno}")
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
