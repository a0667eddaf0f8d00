import json
from dataclasses import replace

import numpy as np

from drumatlas.atlas.model import Atlas
from drumatlas.explore.controls import DEFAULTS
from drumatlas.panel.keys import PRESSES, TURNS
from drumatlas.web.assets import FOLDER, TYPES, StaticAssets, points_bytes, security_headers


def test_points_can_be_read_as_the_page_reads_them(atlas: Atlas) -> None:
    n = len(atlas.points.xy)
    data = points_bytes(atlas)
    assert len(data) == 7 * n
    x = np.frombuffer(data, "<u2", n)
    y = np.frombuffer(data, "<u2", n, 2 * n)
    genre = np.frombuffer(data, "<i2", n, 4 * n)
    origin = np.frombuffer(data, "u1", n, 6 * n)
    low, high = atlas.points.xy.min(axis=0), atlas.points.xy.max(axis=0)
    back = low + np.stack([x, y], axis=1) / 65535 * (high - low)
    assert np.allclose(back, atlas.points.xy, atol=1e-4)
    assert (genre == atlas.points.genre).all()
    assert (origin == atlas.points.origin).all()


def test_every_file_of_the_folder_has_a_type_and_a_path(atlas: Atlas) -> None:
    assets = StaticAssets(atlas)
    for file in FOLDER.iterdir():
        assert file.suffix in TYPES
        content = assets.get(f"/{file.name}")
        assert content is not None
        assert content.body == file.read_bytes()
    assert assets.get("/") == assets.get("/index.html")
    assert assets.get("/nothing") is None


def test_the_atlas_is_described(atlas: Atlas) -> None:
    content = StaticAssets(atlas).get("/atlas.json")
    assert content is not None
    about = json.loads(content.body)
    assert len(about["genres"]) == len(atlas.genres)
    assert len(about["voices"]) == 14
    for genre in about["genres"]:
        assert -0.1 <= genre["x"] <= 1.1
    assert about["axes"] == list(atlas.latent.axes)
    for values in ((), (0.9, 0.75, -0.5, 0.0)):
        measured = replace(atlas, latent=replace(atlas.latent, correlations=values))
        content = StaticAssets(measured).get("/atlas.json")
        assert content is not None
        assert json.loads(content.body)["axisCorrelations"] == list(values)


def test_the_pages_keys_are_the_terminals_but_for_those_of_the_page(atlas: Atlas) -> None:
    content = StaticAssets(atlas).get("/atlas.json")
    assert content is not None
    about = json.loads(content.body)
    rows = about["controls"]
    assert {row["name"]: row["default"] for row in rows if row["default"] is not None} == DEFAULTS
    assert about["values"] == DEFAULTS
    assert [row["name"] for row in rows if row["default"] is None] == about["buttons"]
    keys = {key: row["name"] for row in rows for key in row["keys"]}
    terminal = {key: name for key, (name, _) in TURNS.items()} | PRESSES
    names = {f"KEY_{way.upper()}": f"Arrow{way}" for way in ("Left", "Right", "Up", "Down")}
    expected = {names.get(key, key): name for key, name in terminal.items()}
    # s is the sound of the page; without it, a has no partner.
    assert (expected.pop("a"), expected.pop("s")) == ("x1", "x1")
    assert keys == expected


def test_no_file_of_the_page_needs_what_the_policy_forbids() -> None:
    policy = security_headers("box:80")["Content-Security-Policy"]
    assert "'unsafe" not in policy
    page = (FOLDER / "index.html").read_text()
    assert "style=" not in page
    assert " onclick=" not in page
    for file in FOLDER.iterdir():
        text = file.read_text()
        without = text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in without
        assert "https://" not in without
        assert "eval(" not in text
        assert "innerHTML" not in text
