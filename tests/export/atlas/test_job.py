import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.model import GENERATED, TRAINING
from drumatlas.atlas.read import read_atlas
from drumatlas.beat.codes import grids, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import DrumatlasError
from drumatlas_export.atlas.axes import named_latent
from drumatlas_export.atlas.basis import knob_basis
from drumatlas_export.atlas.job import export, with_beats
from drumatlas_export.space import of_checkpoint, open_space
from drumatlas_export.train.checkpoint import Checkpoint

pytestmark = pytest.mark.export


def test_an_atlas_holds_the_space(checkpoint: Checkpoint, atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    space = of_checkpoint(checkpoint, "tiny")
    seed = checkpoint.config.seed
    latent = named_latent(space, knob_basis(space, checkpoint.z, seed)[0], seed)
    assert atlas.name == "tiny"
    assert atlas.latent.centre == pytest.approx(checkpoint.centre, abs=1e-6)
    assert atlas.latent.reach == pytest.approx(checkpoint.reach, abs=1e-6)
    assert atlas.latent.basis == pytest.approx(latent.basis, abs=1e-6)
    assert atlas.latent.axes == latent.axes
    assert atlas.latent.correlations == latent.correlations
    assert len(latent.correlations) == 4
    assert atlas.thresholds == pytest.approx(checkpoint.thresholds, abs=1e-6)
    assert atlas.known.tolist() == sorted(checkpoint.hashes.tolist())
    assert sorted((genre.name, genre.count) for genre in atlas.genres) == [
        ("funk", 100),
        ("jazz", 100),
        ("rock", 100),
    ]
    origins = atlas.points.origin.tolist()
    assert origins == sorted(origins)
    assert 240 < origins.count(TRAINING) <= 300
    assert 150 < origins.count(GENERATED) <= 200


def test_a_file_name_that_is_not_utf_8_is_no_name_of_an_atlas(
    checkpoint: Checkpoint, tmp_path: Path, quick_export: None
) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.atlas")
    export(checkpoint, path, {}, {})
    assert read_atlas(path).name == "caf\ufffd"
    assert open_space(path).name == "caf\ufffd.atlas"


def test_an_atlas_plays_what_the_model_plays(checkpoint: Checkpoint, atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    space = of_checkpoint(checkpoint, "tiny")
    z = space.sample(500, 1)
    assert np.abs(atlas.decode(z) - space.decode(z)).max() < 1e-5
    assert (
        np.abs(atlas.encode(space.hits(z)) - space.encode(space.hits(z).astype("f4"))).max() < 1e-4
    )


def test_an_atlas_says_where_it_comes_from(checkpoint: Checkpoint, atlas_path: Path) -> None:
    atlas = read_atlas(atlas_path)
    assert atlas.scores == {"novelty": 0.5}
    training = dict(atlas.training)
    config = training.pop("config")
    # What the run itself tells wins over what was said about it.
    assert training == {"sources": ["made up"], **checkpoint.run, "seed": 3}
    assert training["beats"] == 300
    assert config["hidden"] == [64, 32]
    assert (config["kind"], config["max_epochs"], config["test_share"]) == ("acai", 60, 0.1)


def test_the_same_model_gives_the_same_bytes(
    checkpoint: Checkpoint, tmp_path: Path, quick_export: None
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        export(checkpoint, tmp_path / folder / "x.atlas", {}, {})
    assert (tmp_path / "a/x.atlas").read_bytes() == (tmp_path / "b/x.atlas").read_bytes()
    assert [one.name for one in (tmp_path / "a").iterdir()] == ["x.atlas"]


def test_with_beats_takes_map_genres_and_barred_beats_from_them(
    checkpoint: Checkpoint, rows: list[BeatRow]
) -> None:
    own = [replace(row, labels=("ska", "pop")) for row in rows[:40]]
    changed = with_beats(checkpoint, own)
    assert np.array_equal(changed.z, checkpoint.z[:40])
    assert changed.labels == [["ska", "pop"]] * 40
    assert changed.hashes.dtype == np.uint64
    assert changed.hashes.tolist() == [rotation_hash(row.code) for row in own]
    for name in ("model", "centre", "reach", "thresholds", "run", "config"):
        assert getattr(changed, name) is getattr(checkpoint, name)


def test_an_atlas_of_other_beats_has_their_genres_and_bars_them(
    checkpoint: Checkpoint, rows: list[BeatRow], tmp_path: Path, quick_export: None
) -> None:
    own = [replace(row, labels=("ska",)) for row in rows[:40]]
    export(with_beats(checkpoint, own), tmp_path / "x.atlas", {}, {})
    atlas = read_atlas(tmp_path / "x.atlas")
    assert [(genre.name, genre.count) for genre in atlas.genres] == [("ska", 40)]
    assert atlas.known.tolist() == sorted(rotation_hash(row.code) for row in own)
    known = atlas.points.z[atlas.points.origin == TRAINING]
    z = atlas.encode(grids([row.code for row in own]).astype(np.float32))
    assert known == pytest.approx(z, abs=1e-4)


@pytest.mark.parametrize("count", [1, 4])
def test_too_few_other_beats_are_refused(
    checkpoint: Checkpoint, rows: list[BeatRow], tmp_path: Path, count: int
) -> None:
    with pytest.raises(DrumatlasError):
        export(with_beats(checkpoint, rows[:count]), tmp_path / "x.atlas", {}, {})
