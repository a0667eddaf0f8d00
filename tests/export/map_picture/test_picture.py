import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas, Genre, MapPoints
from drumatlas.atlas.read import read_atlas
from drumatlas_export.map_picture.picture import picture

pytestmark = pytest.mark.export

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def tiny(atlas_path: Path) -> Atlas:
    return read_atlas(atlas_path)


def dots(path: ElementTree.Element) -> list[tuple[int, int]]:
    """The places of a path made of `M10 20h0`."""
    words = path.attrib["d"].removeprefix("M").removesuffix("h0").split("h0M")
    return [(int(x), int(y)) for x, y in (word.split() for word in words)]


def with_map(atlas: Atlas, xy: list[tuple[float, float]], genres: tuple[Genre, ...]) -> Atlas:
    n = len(xy)
    points = MapPoints(
        np.zeros((n, 4), np.float32),
        np.array(xy, np.float32),
        np.array([i % 2 for i in range(n)], np.uint8),
        np.full(n, -1, np.int16),
    )
    return replace(atlas, points=points, genres=genres, families=(), labels=None)


def genre(name: str, x: float, y: float, count: int = 30) -> Genre:
    four = np.zeros(4, np.float32)
    return Genre(name, four, four, np.array([x, y], np.float32), count)


def test_the_picture_shows_every_point_and_genre(tiny: Atlas) -> None:
    svg = ElementTree.fromstring(picture(tiny))
    _, _, width, height = map(int, svg.attrib["viewBox"].split())
    grey, red, *areas = svg.findall(f"{SVG}path")
    assert [area.attrib["class"] for area in areas] == ["area"] * 3
    assert (grey.attrib["stroke"], red.attrib["stroke"]) == ("#aaa", "#d22")
    assert 250 < len(dots(grey)) <= 300
    assert 150 < len(dots(red)) <= 200
    assert all(0 <= x <= width and 0 <= y <= height for x, y in dots(grey) + dots(red))
    assert {text.text for text in svg.findall(f"{SVG}text")} == {"rock", "jazz", "funk"}


def test_names_in_an_atlas_with_labels_stand_where_their_labels_do(tiny: Atlas) -> None:
    crowded = tuple(
        replace(one, map_centroid=tiny.genres[0].map_centroid, count=9 - i)
        for i, one in enumerate(tiny.genres)
    )
    texts = ElementTree.fromstring(picture(replace(tiny, genres=crowded))).findall(f"{SVG}text")
    assert [one.text for one in texts] == [tiny.genres[0].name]


def test_dots_stand_where_the_points_are(tiny: Atlas) -> None:
    atlas = with_map(tiny, [(-1, -0.5), (1, 0.5), (0, 0), (1, 0.5)], ())
    grey, red = ElementTree.fromstring(picture(atlas)).findall(f"{SVG}path")
    assert dots(grey) == [(20, 20), (450, 310)]
    assert dots(red) == [(880, 600)]  # twice the same place is one dot


def test_names_are_escaped_and_do_not_cover_one_another(tiny: Atlas) -> None:
    genres = (genre("drum & <bass>", 0, 0, 26), genre("big", 0, 0, 90), genre("far", 1, 0.5, 40))
    atlas = with_map(tiny, [(-1, -0.5), (1, 0.5)], genres)
    texts = ElementTree.fromstring(picture(atlas)).findall(f"{SVG}text")
    places = [(one.text, int(one.attrib["x"]), int(one.attrib["y"])) for one in texts]
    assert places == [("big", 450, 310), ("far", 880, 600), ("drum & <bass>", 450, 326)]


def test_the_module_draws_a_file(atlas_path: Path, tiny: Atlas, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "drumatlas_export.map_picture.picture", atlas_path, "map.svg"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert (tmp_path / "map.svg").read_text(encoding="utf-8") == picture(tiny)
