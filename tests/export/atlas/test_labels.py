"""Families of genres, and labels that give a rare genre a voice."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.read import read_atlas
from drumatlas_export.atlas.labels import COLOURS, VOTERS, Taught, by_family, families, voters
from drumatlas_export.textbook.families import FAMILIES

pytestmark = pytest.mark.export


def test_genres_are_sorted_by_the_size_of_their_family() -> None:
    names = ["pop", "house", "techno", "polka", "rock"]
    counts = [30, 50, 20, 60, 35]
    assert by_family(names, counts) == ["house", "techno", "rock", "pop", "polka"]


def test_a_known_family_always_has_the_same_colour() -> None:
    for names in (["house", "rock"], ["rock"], ["bossa nova", "rock", "house"]):
        found = {family.name: family.colour for family in families(names)}
        assert found == {name: list(FAMILIES).index(name) for name in found}
    assert len(FAMILIES) <= COLOURS


def test_a_genre_that_is_in_no_family_is_one_of_its_own() -> None:
    names = ["polka", "house", "my band", "rock", "techno"]
    found = families(names)
    assert {family.name: family.genres for family in found} == {
        "polka": (0,),
        "dance": (1, 4),
        "my band": (2,),
        "rock": (3,),
    }
    assert len({family.colour for family in found}) == 4


def test_more_families_than_colours_share_them() -> None:
    colours = Counter(family.colour for family in families([f"folder {i}" for i in range(25)]))
    assert set(colours) == set(range(COLOURS))
    assert max(colours.values()) - min(colours.values()) <= 1


def test_each_genre_has_the_same_weight_and_at_most_so_many_voters() -> None:
    genre = np.repeat(np.array([0, -1, 1, 2], np.int16), [5 * VOTERS, 50, 7, VOTERS])
    z = np.random.default_rng(1).normal(0, 1, (len(genre), 4)).astype(np.float32)
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.int16)
    labels = voters(z, genre, none, 3)
    assert Counter(labels.genre.tolist()) == {0: VOTERS, 1: 7, 2: VOTERS}
    for index in range(3):
        assert labels.weight[labels.genre == index].sum() == pytest.approx(1, abs=1e-5)
    own = {tuple(row) for row in z[genre == 1].tolist()}
    assert {tuple(row) for row in labels.z[labels.genre == 1].tolist()} == own
    again = voters(z, genre, none, 3)
    assert np.array_equal(again.z, labels.z)


def test_beats_of_the_textbook_vote_for_their_styles_and_weigh_no_more() -> None:
    genre = np.repeat(np.array([0, 1], np.int16), [30, 20])
    z = np.random.default_rng(1).normal(0, 1, (50, 4)).astype(np.float32)
    taught = Taught(("samba", "house", "house"), z[:3] + 9)
    labels = voters(z, genre, taught.of(["techno", "house"]), 3)
    assert Counter(labels.genre.tolist()) == {0: 30, 1: 22}
    assert labels.z[-2:].tolist() == (z[1:3] + 9).tolist()
    for index in range(2):
        assert labels.weight[labels.genre == index].sum() == pytest.approx(1, abs=1e-5)


def test_an_atlas_has_labels_of_each_genre_and_no_beat(atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    assert atlas.labels is not None
    assert set(atlas.labels.genre.tolist()) == set(range(len(atlas.genres)))
    assert set(atlas.labels.land.ravel().tolist()) == set(range(len(atlas.genres)))
