import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch

from drumatlas.beat.codes import grids
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import FileError, ModelError
from drumatlas_export.train.checkpoint import Checkpoint, load, save

pytestmark = pytest.mark.export


@pytest.fixture
def tampered(model_path: Path, tmp_path: Path) -> Callable[..., Path]:
    """The tiny model's file with some of its values changed."""

    def write(**changes: Any) -> Path:
        data = torch.load(model_path, weights_only=True)
        torch.save({**data, **changes}, tmp_path / "bad.pt")
        return tmp_path / "bad.pt"

    return write


def test_a_saved_model_reads_back(checkpoint: Checkpoint, model_path: Path) -> None:
    read = load(model_path)
    for name in ("config", "labels", "run"):
        assert getattr(read, name) == getattr(checkpoint, name)
    for name in ("centre", "reach", "thresholds", "density", "z", "hashes"):
        ours, theirs = getattr(checkpoint, name), getattr(read, name)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    state = read.model.state_dict()
    assert all(torch.equal(state[key], one) for key, one in checkpoint.model.state_dict().items())
    assert not read.model.training


def test_no_beat_is_inside(model_path: Path, rows: list[BeatRow]) -> None:
    data = torch.load(model_path, weights_only=True)
    assert set(data) == {
        *("format", "version", "config", "state", "centre", "reach", "thresholds", "density"),
        *("z", "labels", "hashes", "run"),
    }
    raw = model_path.read_bytes()
    x = grids([row.code for row in rows])
    for i, row in enumerate(rows):
        code = np.array(row.code)
        forms = [code.astype(kind).tobytes() for kind in ("<u2", ">u2", "<i4", "<i8", "<f4")]
        forms += [x[i].tobytes(), np.packbits(x[i]).tobytes(), str(row.code)[1:-1].encode()]
        assert not any(form in raw for form in forms)
        assert not any(song.encode() in raw for song in row.songs)


def test_the_old_file_stays_if_writing_fails(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.pt"
    path.write_bytes(b"old")

    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(FileError, match=r"m\.pt.*No space left"):
        save(checkpoint, path)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no\.pt: no such file"):
        load(tmp_path / "no.pt")


GARBAGE = {
    "text": b"1,2,3\n" * 50,
    "zeros": bytes(500),
    "zip mark": b"PK\x03\x04",
    "pickle": b"\x80\x02.",
    "one byte": b"\x80",
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.pt"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"bad\.pt: ") as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"\x80\x02M", b"\x80\x5d."], ids=["empty", "cut short", "protocol"]
)
def test_an_empty_or_odd_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.pt"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"bad\.pt: "):
        load(path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.9999])
def test_a_file_cut_short_is_named(tmp_path: Path, model_path: Path, share: float) -> None:
    data = model_path.read_bytes()
    path = tmp_path / "bad.pt"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelError, match=r"bad\.pt: "):
        load(path)


def test_damaged_weights_are_noticed(tmp_path: Path, model_path: Path) -> None:
    data = bytearray(model_path.read_bytes())
    weights = torch.load(model_path, weights_only=True)["state"]["decoder.0.weight"]
    data[data.index(weights.numpy().tobytes())] ^= 0x55
    path = tmp_path / "bad.pt"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"bad\.pt: "):
        load(path)


class Evil:
    """What a pickle can do: call anything."""

    def __init__(self, proof: Path) -> None:
        self.proof = str(proof)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.proof,)


def test_nothing_in_a_file_is_executed(tampered: Callable[..., Path], tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    path = tampered(run=Evil(proof))
    with pytest.raises(ModelError, match=r"bad\.pt: not a drumatlas model"):
        load(path)
    assert not proof.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "not a drumatlas model"),
        ({"version": 2}, "unsupported version 2; this program reads 1"),
        ({"config": {"kind": "gan"}}, "unknown model 'gan'"),
        ({"config": {"colour": 1}}, "unknown key 'colour'"),
        ({"config": {"kind": "vae"}}, "damaged"),  # the weights are of another network
        ({"config": {"hidden": [8]}}, "damaged"),
        ({"config": 3}, "damaged"),
        ({"state": {}}, "damaged"),
        ({"z": torch.zeros(5, 4)}, "damaged"),
        ({"z": torch.zeros(300, 3)}, "damaged"),
        ({"z": "no"}, "damaged"),
        ({"labels": 3}, "damaged"),
        ({"hashes": None}, "damaged"),
        ({"centre": [1.0, 2.0]}, "damaged"),
        ({"reach": ["a"] * 4}, "damaged"),
        ({"run": 3}, "damaged"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_foreign_or_damaged_model_is_named(
    tampered: Callable[..., Path], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load(tampered(**changes))
    assert "bad.pt: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholds": [0.5]},
        {"thresholds": [float("nan")] * 14},
        {"hashes": torch.zeros(2, dtype=torch.int64)},
        {"hashes": torch.zeros(300, 2, dtype=torch.int64)},
        {"centre": [float("inf")] * 4},
        {"centre": [1e300] * 4},
        {"reach": [1.0, 1.0, 0.0, 1.0]},
        {"reach": [1.0, 1.0, -1.0, 1.0]},
        {"z": torch.full((300, 4), float("nan"))},
        {"z": torch.full((300, 4), 1e300, dtype=torch.float64)},
        {"hashes": torch.zeros(300, dtype=torch.int32)},
        {"run": {"epochs": torch.zeros(2)}},
        {"run": {"validation_nats": float("nan")}},
        {"config": {"kl_weight": 10**400}},
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_no_run_gives_are_refused(
    tampered: Callable[..., Path], changes: dict[str, Any]
) -> None:
    with pytest.raises(ModelError, match=r"bad\.pt: damaged"):
        load(tampered(**changes))


def test_a_model_that_lacks_a_part_is_named(model_path: Path, tmp_path: Path) -> None:
    data = torch.load(model_path, weights_only=True)
    for key in data:
        torch.save({k: v for k, v in data.items() if k != key}, tmp_path / "bad.pt")
        with pytest.raises(ModelError, match=r"bad\.pt: "):
            load(tmp_path / "bad.pt")


def test_a_list_is_no_model(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "bad.pt")
    with pytest.raises(ModelError, match="not a drumatlas model"):
        load(tmp_path / "bad.pt")


def test_a_model_of_absurd_widths_is_not_built(tampered: Callable[..., Path]) -> None:
    """4 KiB that would want gigabytes."""
    path = tampered(config={"kind": "ae", "hidden": [4096] * 400})
    with pytest.raises(ModelError, match=r"bad\.pt: damaged: .*hidden has 400 layers"):
        load(path)


def test_a_file_that_unpacks_to_more_than_a_model_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(5):
            archive.writestr(f"bomb/data/{number}", bytes(64 << 20))
    with pytest.raises(ModelError, match=r"bomb\.pt: unpacks to over 256 MiB"):
        load(path)
