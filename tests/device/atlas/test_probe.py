"""A wheel that dies is asked once, in a process of its own."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas import probe
from drumatlas.atlas.network import open_network
from drumatlas.atlas.probe import CHOICE, remembered, runs_onnxruntime

Z, P = ("z", (4,)), ("p", (32, 14))


@pytest.fixture
def a_pi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose wheels are not trusted; returns where the answer is kept."""
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(probe.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(probe.sys, "platform", "linux")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state" / probe.FILE


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An onnxruntime that a processor does not know."""
    folder = tmp_path / "packages" / "onnxruntime"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder.parent), *sys.path]))


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGILL on Windows")
def test_one_that_dies_is_replaced_by_numpy(
    a_pi: Path, deadly: None, builtin_members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drumatlas.atlas.network.import_onnxruntime", None)  # would end the tests
    decoder = builtin_members["decoder.onnx"]
    assert not runs_onnxruntime(decoder)
    assert a_pi.read_text().endswith(" dies\n")
    p = open_network(decoder, "decoder.onnx", Z, P)(np.zeros((2, 4), np.float32))
    assert p.shape == (2, 32, 14)


def test_one_that_lives_is_taken(a_pi: Path, builtin_members: dict[str, bytes]) -> None:
    pytest.importorskip("onnxruntime")
    assert runs_onnxruntime(builtin_members["decoder.onnx"])
    assert a_pi.read_text().endswith(" runs\n")
    a_pi.write_text(a_pi.read_text().replace("runs", "dies"))
    assert not runs_onnxruntime(b"")  # remembered, not asked again


def test_a_model_that_it_can_not_run_counts_as_death(a_pi: Path) -> None:
    assert not runs_onnxruntime(b"garbage")


def test_a_result_is_stored_for_one_machine_and_wheel(tmp_path: Path) -> None:
    file = tmp_path / "new" / "answer"
    assert remembered(lambda: True, "a", file)
    assert remembered(lambda: False, "a", file)
    assert not remembered(lambda: False, "b", file)
    assert not remembered(lambda: True, "b", file)
    for damaged in ("", "b", "b runs now", "\0" * 2000):
        file.write_text(damaged)
        assert remembered(lambda: True, "b", file)
    assert remembered(lambda: True, "a", file / "below a file")  # can't be kept; no matter


def test_the_user_may_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    for choice in ("numpy", "onnxruntime"):
        monkeypatch.setenv(CHOICE, choice)
        assert runs_onnxruntime(b"") == (choice == "onnxruntime")


def test_without_the_package_it_is_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(probe, "find_spec", lambda _: None)
    assert not runs_onnxruntime(b"")


def test_a_wheel_is_known_by_its_version(tmp_path: Path) -> None:
    from importlib.metadata import version

    import onnxruntime

    assert version("onnxruntime") in probe._wheel(Path(onnxruntime.__file__))
    assert str(tmp_path) in probe._wheel(tmp_path / "onnxruntime" / "__init__.py")
