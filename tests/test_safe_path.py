"""No process of ours takes a module from the current folder, where anybody's files may lie."""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import drumatlas
import drumatlas_export
from drumatlas.atlas import probe
from drumatlas.midi.process.handle import ChildHandle

SOURCES = [Path(package.__path__[0]) for package in (drumatlas, drumatlas_export)]
INSTALL = Path(__file__).parents[1] / "systemd" / "install.sh"
# Modules that processes of ours import, at their start or later.
NAMES = ("json", "select", "signal", "struct", "rtmidi", "onnxruntime", "numpy", "venv", "shtab")


@pytest.fixture
def has_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Work in a folder that holds modules of those names; return which of them were run."""
    for name in NAMES:
        line = f"open({str(tmp_path / name)!r} + '.ran', 'w').close()\n"
        (tmp_path / f"{name}.py").write_text(line)
    monkeypatch.chdir(tmp_path)
    return lambda: sorted(path.name for path in tmp_path.glob("*.ran"))


def test_the_sending_process_imports_nothing_from_the_folder(
    has_run: Callable[[], list[str]],
) -> None:
    child = ChildHandle("no such port", ())
    assert next(child.reports())  # it goes on looking for that port
    child.reap()
    child.close_pipe()
    assert has_run() == []


def test_the_trial_of_onnxruntime_imports_nothing_from_the_folder(
    has_run: Callable[[], list[str]],
) -> None:
    probe._survives(b"")
    assert has_run() == []


def test_the_installer_imports_nothing_from_the_folder(has_run: Callable[[], list[str]]) -> None:
    """Its own line on safe paths, before Python as it calls it."""
    (line,) = [one for one in INSTALL.read_text().splitlines() if "PYTHONSAFEPATH" in one]
    call = f"{sys.executable} -c 'import json'"
    subprocess.run(["bash", "-c", call], check=True)
    assert has_run() == ["json.ran"]  # without that line
    Path("json.ran").unlink()
    subprocess.run(["bash", "-c", f"{line}\n{call}"], check=True)
    assert has_run() == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_python_that_we_start_has_a_safe_path(source: Path) -> None:
    """A list that begins with sys.executable goes on with -P."""
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.List) and node.elts:
                first = ast.unparse(node.elts[0])
                if first == "sys.executable":
                    assert ast.unparse(node.elts[1]) == "'-P'", f"{path}:{node.lineno}"
