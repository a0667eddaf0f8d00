"""The climate of genres: from the textbook."""

import pytest

from drumatlas_export.atlas.climate import climates
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
