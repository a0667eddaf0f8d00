import json
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from drumatlas.atlas.read import read_atlas
from drumatlas.errors import AtlasError
from drumatlas_export.page import html
from drumatlas_export.page.html import static_page

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def page(atlas_path: Path) -> str:
    return static_page(atlas_path.read_bytes(), "tiny")


def inside(page: str, tag: str) -> str:
    found = re.findall(f"<{tag}>(.*?)</", page, re.DOTALL)
    assert len(found) == 1
    text: str = found[0]
    return text


def test_it_names_no_address_and_no_file(page: str) -> None:
    addresses = set(re.findall(r"\w+://[^\s\"'`)]*", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a namespace, which nobody asks for
    named = re.findall(r'\b(?:src|href|action|poster|data)="([^"]*)"', page)
    assert len(named) == 1
    assert named[0].startswith("data:image/svg+xml;base64,")
    assert "url(" not in page
    assert "@import" not in page
    assert "fetch(" not in page
    assert "WebSocket" not in page


def test_all_its_modules_are_inside(page: str) -> None:
    script = inside(page, 'script type="module"')
    assert not re.search(r"^\s*(?:import|export)\b", script, re.MULTILINE)
    for name in ("map", "grid", "sound", "synth", "travel", "panel", "decoder", "places", "main"):
        assert f"\n// {name}.js\n" in f"\n{script}"
    assert "--accent" in inside(page, "style")
    assert "[[" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_its_policy_allows_only_its_own_scripts(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    for tag in ('script type="module"', "style"):
        digest = b64encode(sha256(inside(page, tag).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]


def test_the_same_atlas_gives_the_same_bytes(page: str, atlas_path: Path) -> None:
    assert static_page(atlas_path.read_bytes(), "elsewhere") == page


def test_the_atlas_is_in_it(page: str, atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    data = json.loads(inside(page, 'script type="application/json" id="atlas"'))
    assert data["points"] == len(atlas.points.xy)
    z = np.frombuffer(b64decode(data["map"]["z"]), "<f4").reshape(-1, 4)
    assert (z == atlas.points.z).all()
    known = np.frombuffer(b64decode(data["known"]), "<u8")
    assert set(known.tolist()) == set(atlas.known.tolist())
    assert [genre["name"] for genre in data["genres"]] == [genre.name for genre in atlas.genres]
    assert "chaos" not in data["values"]


def test_a_name_is_text_and_no_markup(atlas_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = html.parse_atlas
    name = "</script><b>'\"&[[data]]"
    monkeypatch.setattr(html, "parse_atlas", lambda *a: replace(read(*a), name=name))
    page = static_page(atlas_path.read_bytes(), "tiny")
    assert "<title>drumatlas · &lt;/script&gt;&lt;b&gt;&#x27;&quot;&amp;[[data]]</title>" in page
    assert json.loads(inside(page, 'script type="application/json" id="atlas"'))["name"] == name
    assert page.count("</script>") == 2


def test_a_bad_atlas_is_named(atlas_path: Path, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"^bad\.atlas: "):
        static_page(b"no zip", "bad.atlas")
    with ZipFile(tmp_path / "half.zip", "w") as archive:
        archive.writestr("atlas.json", "{}")
    with pytest.raises(AtlasError, match=r"^half: .*decoder\.onnx.* missing"):
        static_page((tmp_path / "half.zip").read_bytes(), "half")
