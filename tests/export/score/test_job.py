import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumatlas.beat.codes import grids, pack, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError, ConfigError
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score import job
from drumatlas_export.score.job import held_out, parted
from drumatlas_export.score.measures import f1, f1_by_search
from drumatlas_export.space import Space, open_space
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.train.checkpoint import Checkpoint
from drumatlas_export.train.split import split_by_song
from support.beats import rotate

pytestmark = pytest.mark.export

SAMPLES = 600
evaluate = partial(job.evaluate, samples=SAMPLES, places=60)


@pytest.fixture(scope="module")
def scores(space: Space, rows: list[BeatRow]) -> dict[str, Any]:
    return evaluate(space, *held_out(rows, space), seed=4)


def test_held_out_songs_are_the_runs_own(
    space: Space, atlas_path: Path, rows: list[BeatRow], checkpoint: Checkpoint
) -> None:
    config = checkpoint.config
    split = split_by_song(rows, config.seed, config.validation_share, config.test_share)
    train, validation, test = (
        [rows[i] for i in part] for part in (split.train, split.validation, split.test)
    )
    assert len(test) == checkpoint.run["test_beats"]
    for one in (space, open_space(atlas_path)):
        assert parted(rows, one) == (train, validation, test)
        assert held_out(rows, one) == (train, test)


def test_held_out_of_an_odd_config_names_the_space(space: Space, rows: list[BeatRow]) -> None:
    with pytest.raises(ConfigError, match=r"tiny\.pt: unknown key 'colour'"):
        held_out(rows, replace(space, config={"colour": 1}))


def test_every_measure_is_there(scores: dict[str, Any], checkpoint: Checkpoint) -> None:
    assert list(scores) == [
        *("space", "kind", "samples", "seed", "at_half", "at_thresholds", "novelty"),
        *("diversity_cells", "f1_held_out", "f1_search", "test_beats", "smoothness_cells"),
        *("search", "genre_knn", "family_knn", "genre_areas", "against_held_out"),
    ]
    assert (scores["space"], scores["kind"]) == ("tiny.pt", "acai")
    assert (scores["samples"], scores["seed"]) == (SAMPLES, 4)
    assert scores["test_beats"] == checkpoint.run["test_beats"]
    assert json.loads(json.dumps(scores)) == scores


def test_measures_by_hand(scores: dict[str, Any], space: Space, rows: list[BeatRow]) -> None:
    training, test = held_out(rows, space)
    known = BeatFilter([rotation_hash(row.code) for row in training])
    hits = space.decode(space.sample(SAMPLES, 4)) > space.thresholds
    passing = known.passes(pack(hits))
    assert 0.2 < passing.mean() <= 1
    assert scores["at_thresholds"]["pass"] == pytest.approx(passing.mean(), abs=1e-4)
    distinct = {rotation_hash(code) for code in pack(hits[passing])}
    assert scores["at_thresholds"]["distinct"] == pytest.approx(
        len(distinct) / passing.sum(), abs=1e-4
    )
    half = space.decode(space.sample(SAMPLES, 4)) > 0.5
    assert scores["at_half"]["pass"] == pytest.approx(known.passes(pack(half)).mean(), abs=1e-4)
    beats = grids([row.code for row in test])
    assert scores["f1_held_out"] == pytest.approx(f1(space, beats), abs=1e-4)
    assert scores["f1_search"] == pytest.approx(f1_by_search(space, beats), abs=1e-4)
    assert scores["f1_search"] > scores["f1_held_out"]


def test_novelty_is_counted_against_the_training_beats(space: Space, rows: list[BeatRow]) -> None:
    training, test = held_out(rows, space)
    passes = pack(space.hits(space.sample(SAMPLES, 0)))
    own = [BeatRow(tuple(code.tolist())) for code in passes]
    near = []  # each pass with two cells changed: no training beat itself, but next to one
    for row in own:
        grid = grids([row.code])[0]
        grid[0, 12:14] ^= True
        near.append(BeatRow(tuple(pack(grid).tolist())))
    assert evaluate(space, training, test)["novelty"] > 0.9
    assert evaluate(space, near, test)["novelty"] == 0


def test_a_test_beat_that_is_trained_on_is_left_out(space: Space, rows: list[BeatRow]) -> None:
    training, test = held_out(rows, space)
    turned = [replace(row, code=rotate(row.code, 7)) for row in training]
    scores = evaluate(space, training, [*test, *turned])
    assert scores["test_beats"] == len(test)
    alone = evaluate(space, training, test)
    for measure in ("f1_held_out", "f1_search", "genre_knn", "family_knn"):
        assert scores[measure] == alone[measure]
    with pytest.raises(BeatError, match="every test beat is also a training beat"):
        evaluate(space, training, turned)


def test_scores_are_reproducible(scores: dict[str, Any], space: Space, rows: list[BeatRow]) -> None:
    assert evaluate(space, *held_out(rows, space), seed=4) == scores
    assert evaluate(space, *held_out(rows, space), seed=5) != scores


def test_an_atlas_scores_as_its_model(
    scores: dict[str, Any], atlas_path: Path, rows: list[BeatRow]
) -> None:
    atlas = open_space(atlas_path)
    other = evaluate(atlas, *held_out(rows, atlas), seed=4)
    assert (other["space"], other["kind"]) == ("tiny.atlas", "acai")
    # Thresholds of an atlas are rounded: a cell in a million may fall on the other side.
    for key in ("novelty", "diversity_cells", "f1_held_out", "f1_search"):
        assert other[key] == pytest.approx(scores[key], rel=0.02)
    for key in ("at_thresholds", "genre_knn", "family_knn"):
        assert other[key] == pytest.approx(scores[key], abs=0.02)
    ours, theirs = (one["against_held_out"]["this space"] for one in (scores, other))
    assert set(ours) == set(theirs)
    for key in ("bars_equal", "differing_cells", "hits", "voices_a_beat"):
        assert theirs[key] == pytest.approx(ours[key], rel=0.05, abs=0.02)
    # What only an atlas has: its map, its labels and what they make of the textbook.
    assert set(other) - set(scores) == {"map_inverse", "agreement", "textbook"}
    assert set(scores) < set(other)
    assert other["textbook"]["styles_missing"] == len(read_textbook()) - 2  # rock and funk
    assert 0 <= other["textbook"]["top1"] <= other["textbook"]["top3"] < 1


def test_a_space_where_nothing_passes_scores_too(space: Space, rows: list[BeatRow]) -> None:
    silent = replace(space, thresholds=np.full(14, 2, np.float32))
    scores = evaluate(silent, *held_out(rows, silent))
    json.dumps(scores, allow_nan=False)
