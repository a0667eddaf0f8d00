from dataclasses import replace

import numpy as np
import pytest

from drumatlas.atlas.model import GENERATED, TRAINING
from drumatlas.beat.codes import pack, rotation_hash
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.atlas import chart as module
from drumatlas_export.atlas.chart import (
    MAX_GENRES,
    MIN_IN_GENRE,
    Chart,
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
def charted(space: Space, checkpoint: Checkpoint) -> Chart:
    """200 of the 300 beats and 120 new ones; a tenth of the beats has no genre."""
    labels = [[] if i % 10 == 9 else words for i, words in enumerate(checkpoint.labels)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TRAINING_POINTS", 200)
        patch.setattr(module, "GENERATED_POINTS", GENERATED_HERE)
        return chart(space, checkpoint.z, labels, 2)


def test_the_map_holds_training_and_generated_points(
    charted: Chart, checkpoint: Checkpoint, space: Space
) -> None:
    points = charted.points
    trained, made = (points.z[points.origin == kind] for kind in (TRAINING, GENERATED))
    assert 160 < len(trained) <= 200
    assert 90 < len(made) <= GENERATED_HERE
    rows = {tuple(row) for row in checkpoint.z.tolist()}
    assert all(tuple(row) in rows for row in trained.tolist())
    tried = generated_points(space, round(module.SURPLUS * GENERATED_HERE), 2)
    assert {tuple(row) for row in made.tolist()} <= {tuple(row) for row in tried.tolist()}
    assert len(np.unique(points.z, axis=0)) == len(points.z)


def test_the_map_fills_minus_one_to_one(charted: Chart) -> None:
    xy = charted.points.xy
    assert xy.dtype == np.float32
    assert 0.9 < np.abs(xy).max() <= 1


def test_neighbours_in_the_space_are_neighbours_on_the_map(charted: Chart, space: Space) -> None:
    points = charted.points

    def nearest(places: np.ndarray) -> np.ndarray:
        away = np.linalg.norm(places[:, None] - places[None], axis=2)
        return np.argsort(away, axis=1)[:, 1:11]

    in_space, on_map = nearest((points.z - space.centre) / space.reach), nearest(points.xy)
    common = [len(set(a) & set(b)) / 10 for a, b in zip(in_space, on_map, strict=True)]
    assert np.mean(common) > 0.4  # of 320 points at random: 0.03


def test_genres_are_counted(charted: Chart) -> None:
    genres = [(genre.name, genre.count) for genre in charted.genres]
    assert sorted(genres) == [("funk", 90), ("jazz", 90), ("rock", 90)]
    assert {family.name for family in charted.families} == {"funk", "jazz", "rock"}
    assert len({family.colour for family in charted.families}) == 3


def test_a_map_without_labels_has_no_genres(
    space: Space, checkpoint: Checkpoint, small_map: None
) -> None:
    bare = chart(space, checkpoint.z, [["window"]] * len(checkpoint.z), 2)
    assert (bare.genres, bare.families, bare.labels) == ((), (), None)
    assert set(bare.points.genre.tolist()) == {-1}
    assert (bare.points.origin == TRAINING).sum() == 60
    assert (bare.points.origin == GENERATED).sum() == 30


def clumps(space: Space) -> tuple[Space, np.ndarray, list[list[str]]]:
    """A space that is silent, and beats in three clumps: rock twice, salsa once."""
    rng = np.random.default_rng(1)
    places = np.repeat([[4.0] * 4, [-4.0] * 4, [0.0] * 4], [120, 60, 150], axis=0)
    z = (places + rng.normal(0, 0.2, places.shape)).astype(np.float32)
    silent = replace(
        space,
        centre=np.zeros(4, np.float32),
        reach=np.ones(4, np.float32),
        thresholds=np.full(14, 2, np.float32),
    )
    return silent, z, [["rock"]] * 180 + [["latin"]] * 150


def test_a_genre_on_two_islands_has_its_label_on_one_of_them(space: Space) -> None:
    silent, z, labels = clumps(space)
    charted = chart(silent, z, labels, 1)
    names = {genre.name: genre for genre in charted.genres}
    assert {name: genre.count for name, genre in names.items()} == {"rock": 180, "latin": 150}
    assert np.abs(names["rock"].centroid).min() > 1
    assert np.abs(names["latin"].centroid).max() < 1.5
    own = charted.points.xy[[i for i, z in enumerate(charted.points.z) if abs(z[0]) > 2]]
    away = np.linalg.norm(own - names["rock"].map_centroid, axis=1)
    assert away.min() < 0.2
    assert charted.points.origin.tolist() == [TRAINING] * len(charted.points.z)
