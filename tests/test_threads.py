"""Every thread of the box asks for its priority: whoever holds the interpreter's lock and is
preempted holds up the performer (see realtime.py)."""

import ast
from collections.abc import Iterator
from pathlib import Path

DEVICE = Path(__file__).parents[1] / "device" / "drumatlas"
ASKS = {"request_realtime", "_prepare"}
BEFORE_THE_MUSIC = {"midi-open"}


def threads() -> Iterator[tuple[str, str, bool]]:
    """(file, thread's name, whether it asks for priority) of each that runs a method."""
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
                        asks = ASKS & calls(methods[target], methods)
                        yield file.name, given["name"].strip("'"), bool(asks)


def calls(method: ast.FunctionDef, methods: dict[str, ast.FunctionDef]) -> set[str]:
    """What it calls, and what those of its own `methods` call that it calls."""
    found = (ast.unparse(one.func) for one in ast.walk(method) if isinstance(one, ast.Call))
    names = {name.removeprefix("self.") for name in found}
    own = names & methods.keys() - {method.name}
    rest = {name: body for name, body in methods.items() if name != method.name}
    return names.union(*(calls(methods[name], rest) for name in own))


def test_every_thread_asks_for_its_priority() -> None:
    found = list(threads())
    assert len(found) > 8
    plain = {(file, name) for file, name, asks in found if not asks}
    assert {name for _, name in plain} == BEFORE_THE_MUSIC, plain
