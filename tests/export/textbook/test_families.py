from collections import Counter

import pytest

from drumatlas_export.mine.genres import GENRE_WORDS
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.textbook.families import FAMILIES, family_of

pytestmark = pytest.mark.export


def test_there_are_as_many_families_as_a_performer_can_keep_apart() -> None:
    assert 8 <= len(FAMILIES) <= 10


def test_a_genre_is_of_one_family() -> None:
    counts = Counter(genre for genres in FAMILIES.values() for genre in genres)
    assert set(counts.values()) == {1}
    for family, genres in FAMILIES.items():
        assert {family_of(genre) for genre in genres} == {family}


def test_the_table_holds_the_styles_and_the_labels_of_mined_beats_and_nothing_else() -> None:
    named = {genre for genres in FAMILIES.values() for genre in genres}
    assert named == {style.name for style in read_textbook()} | set(GENRE_WORDS)


@pytest.mark.parametrize("label", ["", "window", "sea shanty", "Rock"])
def test_other_labels_have_no_family(label: str) -> None:
    assert family_of(label) == ""
