"""The climate of genres: from files, and from the textbook."""

import json
from typing import Any

import pytest

from drumatlas.atlas.model import Climate
from drumatlas.errors import ConfigError
from drumatlas_export.atlas.climate import FEWEST_SONGS, climates, mined_climates
from drumatlas_export.mine.climate import Measured, SongClimate, genre_climates
from drumatlas_export.mine.drum_sets import DRUM_SETS
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.textbook.families import FAMILIES

pytestmark = pytest.mark.export


def test_a_style_has_the_climate_that_the_textbook_gives_it() -> None:
    styles = read_textbook()
    for style, climate in zip(styles, climates(s.name for s in styles), strict=True):
        assert climate is not None
        low, usual, high = climate.bpm
        assert style.slowest <= low <= usual <= high <= style.fastest
        assert usual == pytest.approx((style.slowest + style.fastest) / 2, abs=0.06)
        assert (climate.swing, climate.kit) == (style.swing, style.drum_set)


def test_another_genre_has_the_climate_of_its_family() -> None:
    styles = [style for style in read_textbook() if style.family == "afro-latin"]
    (latin,) = climates(["latin"])
    assert latin is not None
    assert min(s.slowest for s in styles) < latin.bpm[1] < max(s.fastest for s in styles)
    assert latin.kit in DRUM_SETS
    known = [name for names in FAMILIES.values() for name in names]
    assert None not in climates(known)


def test_a_genre_without_a_family_has_none() -> None:
    assert climates(["sea shanty", "my band"]) == [None, None]


def row(**changes: Any) -> dict[str, Any]:
    """A genre in a report."""
    return {"songs": 40, "bpm": [90.0, 100.5, 120], "swing": 0.125, "kit": "room"} | changes


MEASURED = Climate((90.0, 100.5, 120.0), 0.125, "room")


def test_files_win_over_the_textbook() -> None:
    mined = mined_climates({"funk": row(), "latin": row(), "sea shanty": row()}, "r.json")
    names = ["funk", "latin", "sea shanty", "house"]
    *found, house = climates(names, mined)
    assert found == [MEASURED] * 3
    assert [house] == climates(["house"])


def test_the_textbook_fills_in_a_drum_set_that_no_file_selects() -> None:
    table = {name: row(kit=None) for name in ("swing", "house", "metal", "sea shanty")}
    found = climates(table, mined_climates(table, "r.json"))
    assert [(one.bpm, one.swing) for one in found if one] == [(MEASURED.bpm, 0.125)] * 4
    assert [one.kit for one in found if one] == ["jazz", "electronic", "power", "standard"]


def test_a_genre_of_few_songs_has_the_climate_of_the_textbook() -> None:
    table = {"funk": row(songs=FEWEST_SONGS - 1), "soul": row(songs=FEWEST_SONGS)}
    found = climates(["funk", "soul"], mined_climates(table, "r.json"))
    assert found == [*climates(["funk"]), MEASURED]


def test_what_mining_writes_is_read() -> None:
    files = [
        Measured(genre, str(n), "songs", climate)
        for n in range(FEWEST_SONGS)
        for genre, climate in (
            ("ska", SongClimate(100.0 + n, n / 10, "brush")),
            ("ab\0", SongClimate(20.0, 1.0)),
        )
    ]
    table = json.loads(json.dumps(genre_climates(files)))
    assert mined_climates(table, "r.json") == {
        "ska": Climate((101.8, 103.5, 105.2), 0.35, "brush"),
        "ab\0": Climate((20.0, 20.0, 20.0), 1.0, ""),
    }


TEMPOS = "funk.bpm must be three tempos in 20..300, the slowest first"
NUMBERS = "funk.bpm must be a list of three numbers"
SWING = "funk.swing must be a number in 0..1"
SONGS = "funk.songs must be a whole number, 1 or more"
KIT = "funk.kit must be null or one of standard, room, "
KEYS = "funk must be an object with the keys songs, bpm, swing, kit"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (row(bpm=[19.9, 100, 120]), TEMPOS),
        (row(bpm=[90, 100, 300.1]), TEMPOS),
        (row(bpm=[90, 130, 120]), TEMPOS),
        (row(bpm=[90, 80, 120]), TEMPOS),
        (row(bpm=[90, 100, float("inf")]), TEMPOS),
        (row(bpm=[90, float("nan"), 120]), TEMPOS),
        (row(bpm=[90, 100, 10**400]), TEMPOS),
        (row(bpm=[90, 100]), NUMBERS),
        (row(bpm=[90, 100, "120"]), NUMBERS),
        (row(bpm=[90, 100, None]), NUMBERS),
        (row(bpm=[True, 100, 120]), NUMBERS),
        (row(bpm=100), NUMBERS),
        (row(swing=-0.1), SWING),
        (row(swing=1.1), SWING),
        (row(swing=float("nan")), SWING),
        (row(swing="0"), SWING),
        (row(swing=True), SWING),
        (row(swing=None), SWING),
        (row(songs=0), SONGS),
        (row(songs=4.0), SONGS),
        (row(songs=True), SONGS),
        (row(songs=None), SONGS),
        (row(kit=""), KIT),
        (row(kit="tabla"), KIT),
        (row(kit=0), KIT),
        (row(kit=["room"]), KIT),
        (row(kit={}), KIT),
        (row(tempo=120), KEYS),
        ({"songs": 40}, KEYS),
        ([40], KEYS),
        (None, KEYS),
        ("funk", KEYS),
    ],
)
def test_a_wrong_entry_is_refused_by_its_key(one: Any, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        mined_climates({"soul": row(), "funk": one}, "r.json")
    assert str(refused.value).startswith(f"r.json: climates.{words}")


@pytest.mark.parametrize("table", [None, [], 5, "climates"])
def test_a_table_of_another_type_is_refused(table: Any) -> None:
    with pytest.raises(ConfigError, match=r"^r\.json: climates must be an object"):
        mined_climates(table, "r.json")


def test_a_refusal_is_one_line_whatever_the_genre_is_called() -> None:
    with pytest.raises(ConfigError) as refused:
        mined_climates({"a\nb" + "\x1b[2J" * 9999: None}, "r.json")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 2000
