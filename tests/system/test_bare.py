"""What `make test-bare` types is found in README; the rest of it needs root and minutes."""

import re
from pathlib import Path

import pytest

from system import bare

README = (bare.ROOT / "README.md").read_text()


def test_it_plays_and_records_with_make_and_without() -> None:
    found = bare.blocks("Play it", README)
    assert found[0] == ["make play"]
    assert any("file:take.mid" in line for block in found for line in block)
    assert found[-1] == [
        "python3 -m venv .venv",
        ".venv/bin/pip install .",
        ".venv/bin/drumatlas play",
    ]


def test_it_tests_with_make_and_without() -> None:
    with_make, without = bare.blocks("Test it", README)
    assert with_make == ["make test"]
    extras = re.findall(r"'(\.\[\w+(?:,\w+)*\])'", without[0])
    assert extras == re.findall(r"tests\) what='(.+)' ", (bare.ROOT / "venv.sh").read_text())
    assert without[1] == ".venv/bin/python -m pytest"


def test_folders_that_pip_is_pointed_to_go_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels, index = tmp_path / "wheels", tmp_path / "index" / "simple"
    wheels.mkdir()
    index.mkdir(parents=True)
    monkeypatch.setattr(bare, "SETTINGS", (str(tmp_path / "none"),) * 4)
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"https://example.org/simple file://{index}")
    assert {wheels, index.parent} <= set(bare.local_folders())
