from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_atlas
from drumatlas.atlas.write import write_atlas
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
    write_atlas(path, **(contents | changes))


def test_what_is_written_reads_back(
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


def test_same_contents_same_bytes(
    tmp_path: Path, atlas: Atlas, builtin_members: dict[str, bytes]
) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, atlas, builtin_members)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_atlas_that_a_box_would_refuse_is_not_written(
    tmp_path: Path, atlas: Atlas, builtin_members: dict[str, bytes]
) -> None:
    flat = replace(atlas.latent, basis=np.zeros((4, 4), np.float32))
    with pytest.raises(AtlasError, match="flat"):
        write(tmp_path / "a.atlas", atlas, builtin_members, latent=flat)
    assert list(tmp_path.iterdir()) == []
