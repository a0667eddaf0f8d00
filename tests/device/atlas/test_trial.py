"""Somebody else's atlas is tried out in a process of its own, which is what a hostile one hurts."""

import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.atlas import trial
from drumatlas.atlas.trial import open_atlas, parse_foreign
from drumatlas.errors import AtlasError, FileError

pytest.importorskip("onnx", reason="wants the [export] extra")
from support import onnx_graphs

Forge = Callable[..., bytes]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("kind", onnx_graphs.HOSTILE)
def test_hostile_networks_cost_a_child_and_no_more(
    kind: str, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_CPU_S", 4)  # a good one takes half a second
    data = forge(decoder__onnx=onnx_graphs.HOSTILE[kind]())
    before = resource.getrusage(resource.RUSAGE_SELF)
    with pytest.raises(AtlasError, match=r"^a\.atlas: .{10,400}$"):
        parse_foreign(data, "a.atlas")
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime - before.ru_utime < 5
    assert after.ru_maxrss - before.ru_maxrss < 300 << 10  # KiB: the file itself is read here


def test_a_good_one_plays_and_is_tried_once(
    tmp_path: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    try_out = trial._try_out

    def count(data: bytes, name: str) -> None:
        tried.append(name)
        try_out(data, name)

    monkeypatch.setattr(trial, "_try_out", count)
    path = tmp_path / "other.atlas"
    path.write_bytes(forge(lambda info: info.update(name="other")))
    assert [open_atlas(path).name for _ in range(2)] == ["other", "other"]
    assert tried == [str(path)]
    assert open_atlas(None).name
    assert len(tried) == 1


def test_one_whose_edges_are_no_probabilities_is_refused(forge: Forge) -> None:
    """In the middle it gives 0."""
    nodes = [
        onnx_graphs.node("MatMul", ["z", "weight"], ["flat"]),
        onnx_graphs.node("Reshape", ["flat", "shape"], ["p"]),
    ]
    decoder = onnx_graphs.model(
        nodes, {"weight": onnx_graphs.WEIGHT * 100, "shape": onnx_graphs.SHAPE}
    )
    with pytest.raises(AtlasError, match=r"outside 0\.\.1 at the edge"):
        parse_foreign(forge(decoder__onnx=decoder), "a.atlas")


def test_a_child_that_says_nothing_is_a_refusal(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = forge(lambda info: info.update(name="other"))
    monkeypatch.setattr(trial, "MOST_WALL_S", 1e-3)
    with pytest.raises(AtlasError, match="too much for a box"):
        parse_foreign(data, "a.atlas")
    monkeypatch.setattr(trial.sys, "executable", os.devnull)
    with pytest.raises(AtlasError, match="can't be tried out: Permission denied"):
        parse_foreign(data, "a.atlas")


def test_the_child_is_limited_before_it_reads_anything_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []

    def parse(data: bytes, _name: str) -> None:
        done.append(data)
        raise AtlasError("no atlas")

    monkeypatch.setattr(trial, "_limit", done.append)
    monkeypatch.setattr(trial, "parse_atlas", parse)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"somebody's")))
    assert trial.main(7) == 1
    assert done == [7, b"somebody's"]


def test_its_limits_are_those_of_a_box() -> None:
    say = (
        "import resource; from drumatlas.atlas import trial; trial._limit(7);"
        "print(*map(resource.getrlimit, (resource.RLIMIT_CPU, resource.RLIMIT_CORE)));"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0] - trial.MOST_MEMORY)"
    )
    command = [sys.executable, "-c", say]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    limits, beside = said.splitlines()
    assert limits == "(7, 8) (0, 0)"
    assert 0 < int(beside) < 4 << 30  # what Python and the libraries have mapped


def test_a_file_that_is_not_an_atlas_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no\.atlas: No such file"):
        open_atlas(tmp_path / "no.atlas")
    (tmp_path / "bad.atlas").write_bytes(b"no zip")
    with pytest.raises(AtlasError, match=r"bad\.atlas: not a zip file"):
        open_atlas(tmp_path / "bad.atlas")
