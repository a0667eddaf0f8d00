from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas, Groove
from drumatlas.atlas.read import GROOVE_SHAPES, parse_groove, read_atlas
from drumatlas.atlas.write import AtlasParts, groove_bytes, write_atlas
from drumatlas.errors import AtlasError


def write(path: Path, atlas: Atlas, members: dict[str, bytes], **changes: Any) -> None:
    contents: dict[str, Any] = {
        "name": "mine",
        "latent": atlas.latent,
        "thresholds": atlas.thresholds,
        "genres": atlas.genres,
        "points": atlas.points,
        "known": atlas.known,
        "decoder": members["decoder.onnx"],
        "encoder": members["encoder.onnx"],
        "training": {"seed": 1},
        "scores": {"pass": 0.5},
    }
    write_atlas(path, AtlasParts(**(contents | changes)))


def test_a_written_atlas_reads_back(
    tmp_path: Path, atlas: Atlas, builtin_members: dict[str, bytes]
) -> None:
    write(tmp_path / "a.atlas", atlas, builtin_members)
    again = read_atlas(tmp_path / "a.atlas")
    assert again.name == "mine"
    assert [g.name for g in again.genres] == [g.name for g in atlas.genres]
    assert again.latent.basis == pytest.approx(atlas.latent.basis, abs=1e-5)
    assert np.array_equal(again.points.z, atlas.points.z)
    assert np.array_equal(again.known, np.unique(atlas.known))
    assert again.training == {"seed": 1}
    z = atlas.points.z[:5]
    assert np.array_equal(again.decode(z), atlas.decode(z))


def test_correlations_of_axes_read_back(
    tmp_path: Path, atlas: Atlas, small_members: dict[str, bytes]
) -> None:
    values = (0.8734, -0.5, 0.0, 1.0)
    latent = replace(atlas.latent, correlations=values)
    write(tmp_path / "a.atlas", atlas, small_members, latent=latent)
    assert read_atlas(tmp_path / "a.atlas").latent.correlations == values
    write(tmp_path / "b.atlas", atlas, small_members, latent=replace(latent, correlations=()))
    assert read_atlas(tmp_path / "b.atlas").latent.correlations == ()
    beyond = replace(latent, correlations=(*values[:3], 1.5))
    with pytest.raises(AtlasError, match=r"axis_correlations must be numbers in -1\.\.1"):
        write(tmp_path / "c.atlas", atlas, small_members, latent=beyond)


def test_same_contents_same_bytes(
    tmp_path: Path, atlas: Atlas, small_members: dict[str, bytes]
) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, atlas, small_members)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_atlas_that_a_box_would_refuse_is_not_written(
    tmp_path: Path, atlas: Atlas, small_members: dict[str, bytes]
) -> None:
    flat = replace(atlas.latent, basis=np.zeros((4, 4), np.float32))
    with pytest.raises(AtlasError, match="singular"):
        write(tmp_path / "a.atlas", atlas, small_members, latent=flat)
    assert list(tmp_path.iterdir()) == []


def groove() -> Groove:
    numbers = np.random.default_rng(5)
    return Groove(
        **{key: numbers.random(shape, np.float32) * 90 for key, shape in GROOVE_SHAPES.items()}
    )


def test_a_groove_reads_back_and_may_be_missing(
    tmp_path: Path, atlas: Atlas, small_members: dict[str, bytes]
) -> None:
    write(tmp_path / "a.atlas", atlas, small_members, groove=groove())
    again = read_atlas(tmp_path / "a.atlas").groove
    assert again is not None
    for key in GROOVE_SHAPES:
        assert np.array_equal(getattr(again, key), getattr(groove(), key))
    write(tmp_path / "b.atlas", atlas, small_members)
    assert read_atlas(tmp_path / "b.atlas").groove is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"loud": np.zeros((15, 14), np.float32)}, r"'loud' is float32\[15, 14\]"),
        ({"near": np.zeros((10, 14), np.int64)}, "'near' is int64"),
        ({"late_ms": np.full((16, 14), np.nan, np.float32)}, "'late_ms' holds a number out of"),
        ({"spread_ms": np.full(14, 1e9, np.float32)}, "'spread_ms' holds a number out of"),
    ],
)
def test_a_malformed_groove_is_refused(change: dict[str, Any], words: str) -> None:
    data = groove_bytes(groove())
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            for key, array in change.items():
                if name == f"{key}.npy":
                    part = BytesIO()
                    np.save(part, array)
                    content = part.getvalue()
            new.writestr(name, content)
    with pytest.raises(AtlasError, match=f"groove.npz: {words}"):
        parse_groove(buffer.getvalue())


def test_a_damaged_groove_is_refused(
    tmp_path: Path, atlas: Atlas, small_members: dict[str, bytes]
) -> None:
    path = tmp_path / "a.atlas"
    write(path, atlas, small_members, groove=groove())
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["groove.npz"] = members["groove.npz"][:-9] + b"something"
    with ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(AtlasError, match=r"groove\.npz is damaged"):
        read_atlas(path)
