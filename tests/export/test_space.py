from dataclasses import asdict, replace
from pathlib import Path
from shutil import copyfile
from weakref import ref
from zipfile import ZipFile

import numpy as np
import pytest
import torch

from drumatlas.beat.codes import pack
from drumatlas.errors import AtlasError, DrumatlasError, FileError, ModelError
from drumatlas.explore.encode import encode_beat
from drumatlas_export import space as space_module
from drumatlas_export.space import Space, open_space
from drumatlas_export.train.checkpoint import Checkpoint
from drumatlas_export.train.fit import sample_prior

pytestmark = pytest.mark.export


def test_a_space_is_what_the_checkpoint_says(space: Space, checkpoint: Checkpoint) -> None:
    assert space.name == "tiny.pt"
    assert space.config == asdict(checkpoint.config)
    for name in ("centre", "reach", "thresholds"):
        assert getattr(space, name) is getattr(checkpoint, name)
    assert np.array_equal(space.known, checkpoint.hashes)


def test_samples_are_of_the_prior_that_was_fitted(space: Space, checkpoint: Checkpoint) -> None:
    z = space.sample(50, 3)
    assert np.array_equal(z, sample_prior(checkpoint.centre, checkpoint.reach, 50, 3))


def test_decode_and_encode_are_the_models(space: Space, checkpoint: Checkpoint) -> None:
    z = space.sample(20, 0)
    x = (np.random.default_rng(0).random((20, 32, 14)) < 0.2).astype(np.float32)
    with torch.no_grad():
        p = checkpoint.model.decode(torch.from_numpy(z)).numpy()
        encoded = checkpoint.model.encode(torch.from_numpy(x)).numpy()
    assert np.array_equal(space.decode(z), p)
    assert np.array_equal(space.encode(x), encoded)


def test_beats_have_the_places_where_the_box_lands_with_them(atlas_path: Path) -> None:
    space = open_space(atlas_path)
    assert space.atlas is not None
    beats = np.random.default_rng(0).random((20, 32, 14)) < 0.15
    codes = [tuple(code) for code in pack(beats).tolist()]
    expected = [encode_beat(space.atlas, code) for code in codes]
    assert np.array_equal(space.places(beats), np.stack(expected))
    assert not np.array_equal(space.places(beats), space.encode(beats.astype(np.float32)))
    assert space.places(beats[:0]).shape == (0, 4)


def test_hits_are_above_the_thresholds(space: Space) -> None:
    z = space.sample(30, 0)
    p = space.decode(z)
    assert np.array_equal(space.hits(z), p > space.thresholds)
    assert np.array_equal(space.hits(z, 0.5), p > 0.5)
    assert space.hits(z).dtype == bool
    assert not np.array_equal(space.hits(z), space.hits(z, 0.5))


def test_hits_of_more_points_than_a_batch(space: Space) -> None:
    z = space.sample(4096 * 2 + 5, 0)
    hits = space.hits(z)
    assert hits.shape == (4096 * 2 + 5, 32, 14)
    for i in (0, 4095, 4096, 8191, 8192, 8196):
        assert (hits[i] != space.hits(z[i : i + 1])[0]).sum() <= 1  # float noise at a threshold


def test_hits_take_the_probabilities_of_a_batch_at_a_time(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ref[np.ndarray]] = []

    def decode(z: np.ndarray) -> np.ndarray:
        assert sum(one() is not None for one in made) <= 1
        p = space.decode(z)
        made.append(ref(p))
        return p

    z = space.sample(100, 0)
    wanted = space.hits(z)
    monkeypatch.setattr(space_module, "_BATCH", 10)
    watched = replace(space, decode=decode)
    assert np.array_equal(watched.hits(z), wanted)
    assert np.array_equal(watched.codes(z), pack(wanted))
    assert len(made) == 20


def test_model_and_atlas_open_alike(model_path: Path, atlas_path: Path) -> None:
    model, atlas = open_space(model_path), open_space(atlas_path)
    assert (model.name, atlas.name) == ("tiny.pt", "tiny.atlas")
    for name in ("centre", "reach", "thresholds"):
        assert getattr(atlas, name) == pytest.approx(getattr(model, name), abs=1e-6)
    assert atlas.known.tolist() == sorted(model.known.tolist())
    assert atlas.config == {**model.config, "hidden": [64, 32]}
    z = model.sample(100, 1)
    assert np.abs(atlas.decode(z) - model.decode(z)).max() < 1e-5


def test_the_contents_of_a_file_count_not_its_name(
    model_path: Path, atlas_path: Path, tmp_path: Path
) -> None:
    copyfile(model_path, tmp_path / "a.atlas")
    copyfile(atlas_path, tmp_path / "b.pt")
    assert open_space(tmp_path / "a.atlas").config["hidden"] == (64, 32)
    assert open_space(tmp_path / "b.pt").config["hidden"] == [64, 32]


@pytest.mark.parametrize(
    ("name", "error"), [("bad.pt", ModelError), ("bad.atlas", AtlasError), ("bad", ModelError)]
)
@pytest.mark.parametrize("data", [b"garbage", b"PK\x05\x06" + bytes(18)], ids=["text", "no member"])
def test_garbage_is_named(
    tmp_path: Path, name: str, error: type[DrumatlasError], data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DrumatlasError, match=name.replace(".", r"\.") + ": ") as caught:
        open_space(path)
    if data == b"garbage":
        assert caught.type is error


def test_a_missing_file_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no.pt", tmp_path):
        with pytest.raises(FileError, match=f"{path.name}: no such file"):
            open_space(path)
    with pytest.raises(FileError, match="xxx: "):
        open_space(tmp_path / ("x" * 300))


@pytest.mark.parametrize(("name", "error"), [("bad.pt", ModelError), ("bad.atlas", AtlasError)])
def test_members_whose_names_are_not_utf_8_are_named(
    tmp_path: Path, name: str, error: type[DrumatlasError]
) -> None:
    with ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("caf\xe9", b"")
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data.replace("\xe9".encode(), b"\xff\xff"))
    with pytest.raises(error, match=name.replace(".", r"\.") + ": "):
        open_space(tmp_path / name)


def test_a_damaged_atlas_is_named(atlas_path: Path, tmp_path: Path) -> None:
    data = bytearray(atlas_path.read_bytes())
    path = tmp_path / "bad.atlas"
    for at in range(0, len(data) - 400, len(data) // 25):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        path.write_bytes(broken)
        with pytest.raises(AtlasError, match=r"bad\.atlas: "):
            open_space(path)


def test_an_atlas_from_the_future_of_zip_is_named(atlas_path: Path, tmp_path: Path) -> None:
    data = bytearray(atlas_path.read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 0xFF  # version needed to extract
    path = tmp_path / "bad.atlas"
    path.write_bytes(data)
    with pytest.raises(AtlasError, match=r"bad\.atlas: "):
        open_space(path)
