"""The wheel, as a stranger gets it: built, installed into a clean environment, played."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from drumatlas.beat.smf import read_drums

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder]
    run(*build, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


def test_it_holds_both_packages_the_atlas_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "drumatlas",
        "drumatlas_export",
    }
    assert "drumatlas/builtin.atlas" in names
    assert "drumatlas/py.typed" in names
    assert {"drumatlas/web/page/index.html", "drumatlas/web/page/main.js"} <= set(names)
    assert "drumatlas_export/textbook/styles/rock.txt" in names
    assert not [name for name in names if name.endswith(".md")]


def test_installed_it_plays_without_the_training_side(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    binaries = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, wheel, cwd=tmp_path)
    installed = run(binaries / "python", "-m", "pip", "list", cwd=tmp_path)
    assert "torch" not in installed
    options = ["--seconds", "1", "--web", "off", "--panel", "none", "--midi-out", "file:take.mid"]
    run(binaries / "drumatlas", "play", *options, cwd=tmp_path)
    assert read_drums((tmp_path / "take.mid").read_bytes()).notes
