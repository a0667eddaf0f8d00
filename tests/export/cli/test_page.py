from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


def test_the_page_is_written_and_its_size_printed(
    run: Run, tmp_path: Path, atlas_path: Path
) -> None:
    file = tmp_path / "page.html"
    code, out, err = run("page", atlas_path, "-o", file)
    assert (code, out) == (0, "")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>\n")
    assert err == f"{file}: {file.stat().st_size >> 10} KB; open it in a browser\n"


def test_a_bad_atlas_or_output_is_refused(
    refuses: Refuses, tmp_path: Path, atlas_path: Path
) -> None:
    (tmp_path / "bad.atlas").write_bytes(b"not a zip")
    refuses("no.atlas", "page", tmp_path / "no.atlas", "-o", tmp_path / "p.html")
    refuses("bad.atlas", "page", tmp_path / "bad.atlas", "-o", tmp_path / "p.html")
    refuses("nowhere", "page", atlas_path, "-o", tmp_path / "nowhere" / "p.html")
