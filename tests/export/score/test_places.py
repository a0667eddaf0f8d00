from dataclasses import replace

import numpy as np
import pytest

from drumatlas.beat.codes import grids, pack, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.places import family_knn, genre_knn, searched
from drumatlas_export.space import Space

pytestmark = pytest.mark.export

PLACES = 60


def test_search_finds_more_than_one_decode(space: Space, rows: list[BeatRow]) -> None:
    known = BeatFilter([rotation_hash(row.code) for row in rows])
    bits = grids([row.code for row in rows])
    found = searched(space, bits, known, 1, PLACES)
    own = known.passes(pack(space.hits(space.sample(PLACES, 1)))).mean()
    assert own < found["passing"] <= 1
    assert 0.5 < found["novel"] <= found["passing"]
    assert searched(space, bits, known, 1, PLACES) == found
    silent = replace(space, thresholds=np.full(14, 2, np.float32))
    assert searched(silent, bits, known, 1, PLACES) == {"passing": 0, "novel": 0}


def test_beats_next_to_training_ones_are_not_novel(space: Space, rows: list[BeatRow]) -> None:
    still = replace(space, reach=np.zeros(4, np.float32))  # the same beat at every place
    (one,) = still.hits(still.sample(1, 0))
    near = one.copy()
    near[0, 12:14] ^= True
    assert searched(still, near[None], BeatFilter(), 0, PLACES) == {"passing": 1, "novel": 0}
    near[1:3, 12:14] ^= True
    assert searched(still, near[None], BeatFilter(), 0, PLACES) == {"passing": 1, "novel": 1}


def test_genres_of_neighbours(space: Space, rows: list[BeatRow]) -> None:
    scores = genre_knn(space, rows[:240], rows[240:])
    assert scores["chance"] == pytest.approx(1 / 3)
    assert scores["bits"] > 0.9  # each genre has its own frame
    assert scores["latent"] > 0.5
    assert genre_knn(space, [BeatRow(row.code) for row in rows], rows) == {}


def test_families_of_neighbours(space: Space, rows: list[BeatRow]) -> None:
    """Of rock half is called thrash and half metal, which is one family; funk has a label that is
    in none."""
    label = {"rock": ("thrash", "metal"), "jazz": ("jazz",) * 2, "funk": ("sea shanty",) * 2}
    named = [
        replace(row, labels=("window", label[row.labels[0]][i // 3 % 2]))
        for i, row in enumerate(rows)
    ]
    scores = family_knn(space, named[:240], named[240:])
    assert scores["chance"] == pytest.approx(1 / 2)
    assert scores["bits"] > 0.9
    assert scores["latent"] > 0.5
    assert genre_knn(space, named[:240], named[240:])["bits"] < scores["bits"]
    known = [row for row in named if "sea shanty" not in row.labels]
    assert family_knn(space, known[:160], known[160:]) == scores
    assert family_knn(space, [row for row in named if row not in known], named) == {}
