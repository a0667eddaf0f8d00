"""Every thread of the box asks for its priority: whoever holds the interpreter's lock and is
preempted holds up the performer (see realtime.py)."""

import ast
from collections.abc import Iterator
from pathlib import Path

DEVICE = Path(__file__).parents[1] / "device" / "drumatlas"
ASKS = {"request_realtime", "_prepare"}
BEFORE_THE_MUSIC = {"midi-open"}


def threads() -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """(file, thread's name, method that it runs) of each that runs a method."""
    for file in sorted(DEVICE.rglob("*.py")):
        for kind in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(kind, ast.ClassDef):
                continue
            methods = {one.name: one for one in kind.body if isinstance(one, ast.FunctionDef)}
            for call in ast.walk(kind):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "threading.Thread":
                    given = {word.arg: ast.unparse(word.value) for word in call.keywords}
                    of_self, _, target = given["target"].partition("self.")
                    if not of_self:
                        yield file.name, given["name"].strip("'"), methods[target]


def calls(method: ast.FunctionDef) -> set[str]:
    found = (ast.unparse(one.func) for one in ast.walk(method) if isinstance(one, ast.Call))
    return {name.removeprefix("self.") for name in found}


def test_every_thread_asks_for_its_priority() -> None:
    found = list(threads())
    assert len(found) > 8
    plain = {(file, name) for file, name, method in found if not calls(method) & ASKS}
    assert {name for _, name in plain} == BEFORE_THE_MUSIC, plain
