from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas.atlas.model import GENERATED, TRAINING, Genre, MapPoints
from drumatlas.beat.codes import pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.atlas import chart as module
from drumatlas_export.atlas.chart import (
    AREA,
    MAX_GENRES,
    MIN_IN_GENRE,
    chart,
    generated_points,
    genre_names,
)
from drumatlas_export.space import Space
from drumatlas_export.train.checkpoint import Checkpoint

pytestmark = pytest.mark.export


def test_genres_need_enough_beats_and_stand_by_their_size() -> None:
    labels = [["pop"]] * MIN_IN_GENRE + [["rock", "jazz"]] * (MIN_IN_GENRE + 1)
    labels += [["ska"]] * (MIN_IN_GENRE - 1) + [["window"]] * 99 + [[]] * 99
    assert genre_names(labels) == ["rock", "pop"]


def test_there_are_not_too_many_genres() -> None:
    labels = [[f"g{i}"] for i in range(MAX_GENRES + 3) for _ in range(MIN_IN_GENRE + i)]
    names = genre_names(labels)
    assert names == [f"g{i}" for i in range(MAX_GENRES + 2, 2, -1)]


def test_generated_points_decode_to_new_lively_beats(space: Space) -> None:
    points = generated_points(space, 150, 4)
    assert (points.shape, points.dtype) == ((150, 4), np.float32)
    assert BeatFilter(space.known).passes(pack(space.hits(points))).all()
    assert len(np.unique(points, axis=0)) == 150
    assert np.array_equal(points, generated_points(space, 150, 4))


def test_what_is_known_is_not_generated(space: Space) -> None:
    codes = pack(space.hits(generated_points(space, 150, 4)))
    barred = replace(space, known=np.array([rotation_hash(code) for code in codes], np.uint64))
    again = pack(space.hits(generated_points(barred, 150, 4)))
    assert not {rotation_hash(code) for code in again} & set(barred.known.tolist())


def test_a_space_that_is_silent_generates_nothing(space: Space) -> None:
    silent = replace(space, thresholds=np.full(14, 2, np.float32))
    assert generated_points(silent, 20, 0).shape == (0, 4)


GENERATED_HERE = 120


@pytest.fixture(scope="module")
def charted(space: Space, checkpoint: Checkpoint) -> tuple[MapPoints, tuple[Genre, ...]]:
    """200 of the 300 beats and 120 new ones; a tenth of the beats has no genre."""
    labels = [[] if i % 10 == 9 else words for i, words in enumerate(checkpoint.labels)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TRAINING_POINTS", 200)
        patch.setattr(module, "GENERATED_POINTS", GENERATED_HERE)
        return chart(space, checkpoint.z, labels, 2)


def test_the_map_holds_training_and_generated_points(
    charted: tuple[MapPoints, tuple[Genre, ...]], checkpoint: Checkpoint, space: Space
) -> None:
    points, _ = charted
    assert points.origin.tolist() == [TRAINING] * 200 + [GENERATED] * GENERATED_HERE
    rows = {tuple(row) for row in checkpoint.z.tolist()}
    assert all(tuple(row) in rows for row in points.z[:200].tolist())
    assert np.array_equal(points.z[200:], generated_points(space, GENERATED_HERE, 2))
    assert len(np.unique(points.z, axis=0)) == len(points.z)


def test_the_map_fills_minus_one_to_one(charted: tuple[MapPoints, tuple[Genre, ...]]) -> None:
    xy = charted[0].xy
    assert (xy.shape, xy.dtype) == ((320, 2), np.float32)
    assert np.abs(xy).max() == pytest.approx(1)
    assert xy.max(axis=0) == pytest.approx(-xy.min(axis=0), abs=1e-6)


def test_neighbours_in_the_space_are_neighbours_on_the_map(
    charted: tuple[MapPoints, tuple[Genre, ...]], space: Space
) -> None:
    points, _ = charted

    def nearest(places: np.ndarray) -> np.ndarray:
        away = np.linalg.norm(places[:, None] - places[None], axis=2)
        return np.argsort(away, axis=1)[:, 1:11]

    in_space, on_map = nearest((points.z - space.centre) / space.reach), nearest(points.xy)
    common = [len(set(a) & set(b)) / 10 for a, b in zip(in_space, on_map, strict=True)]
    assert np.mean(common) > 0.4  # of 320 points at random: 0.03


def cores(z: NDArray[np.float64], own: list[int]) -> list[list[int]]:
    """By brute force: a genre's beats near that one of them around which it is most frequent."""
    near = {i: np.argsort(((z - z[i]) ** 2).sum(axis=1))[:AREA] for i in own}
    found = [[n for n in near[i].tolist() if n in set(own)] for i in own]
    return [core for core in found if len(core) == max(map(len, found))]


def test_genres_are_areas_where_they_are_most_frequent(
    charted: tuple[MapPoints, tuple[Genre, ...]], checkpoint: Checkpoint, space: Space
) -> None:
    _, genres = charted
    assert [(genre.name, genre.count) for genre in genres] == [
        ("rock", 90),
        ("jazz", 90),
        ("funk", 90),
    ]
    z = (checkpoint.z.astype(float) - space.centre) / space.reach
    for genre in genres:
        labelled = [i for i, words in enumerate(checkpoint.labels) if words == [genre.name]]
        own = [i for i in labelled if i % 10 != 9]
        matching = [
            core
            for core in cores(z, own)
            if genre.centroid == pytest.approx(checkpoint.z[core].mean(axis=0), abs=1e-4)
        ]
        assert matching
        assert genre.spread == pytest.approx(checkpoint.z[matching[0]].std(axis=0), abs=1e-4)


def test_a_genre_stands_on_the_map_where_its_centre_is(
    charted: tuple[MapPoints, tuple[Genre, ...]], space: Space
) -> None:
    points, genres = charted
    for genre in genres:
        away = np.linalg.norm((points.z - genre.centroid) / space.reach, axis=1)
        near = points.xy[np.argsort(away)[:9]]
        assert genre.map_centroid == pytest.approx(np.median(near, axis=0), abs=1e-6)


def test_map_points_know_their_genre(
    charted: tuple[MapPoints, tuple[Genre, ...]], checkpoint: Checkpoint
) -> None:
    points, genres = charted
    place = {tuple(row): i for i, row in enumerate(checkpoint.z.tolist())}
    for z, genre in zip(points.z[:200].tolist(), points.genre[:200].tolist(), strict=True):
        i = place[tuple(z)]
        expected = None if i % 10 == 9 else checkpoint.labels[i][0]
        assert (genres[genre].name if genre >= 0 else None) == expected
    assert set(points.genre[200:].tolist()) == {-1}
    assert (points.genre[:200] == -1).sum() > 5


def test_a_genre_on_two_islands_lies_on_the_larger_one(space: Space) -> None:
    rng = np.random.default_rng(1)
    places = np.repeat([[4.0] * 4, [-4.0] * 4, [0.0] * 4], [120, 60, 150], axis=0)
    z = (places + rng.normal(0, 0.2, places.shape)).astype(np.float32)
    labels = [["rock"]] * 180 + [["pop"]] * 150
    silent = replace(
        space,
        centre=np.zeros(4, np.float32),
        reach=np.ones(4, np.float32),
        thresholds=np.full(14, 2, np.float32),
    )
    points, genres = chart(silent, z, labels, 1)
    assert [(genre.name, genre.count) for genre in genres] == [("rock", 180), ("pop", 150)]
    assert genres[0].centroid == pytest.approx([4.0] * 4, abs=0.2)
    assert genres[1].centroid == pytest.approx([0.0] * 4, abs=0.2)
    assert genres[0].spread == pytest.approx([0.2] * 4, abs=0.1)
    on_map = points.xy[(points.z > 2).all(axis=1)]
    assert (on_map.min(axis=0) <= genres[0].map_centroid).all()
    assert (genres[0].map_centroid <= on_map.max(axis=0)).all()
    assert points.origin.tolist() == [TRAINING] * 330
