from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from drumatlas.atlas import probe
from drumatlas.doctor import checks
from drumatlas.doctor.checks import examine
from drumatlas.errors import PortError


def states(atlas: Path | None = None, config: Path | None = None) -> dict[str, str]:
    return {finding.name: finding.state for finding in examine(atlas, config)}


def test_this_machine_can_play() -> None:
    found = states()
    everywhere = {"python", "onnxruntime", "config", "atlas", "midi"}
    assert set(found) >= everywhere | {"delivery", "realtime", "clock"}
    assert "fail" not in found.values()


def test_a_bad_atlas_and_a_bad_config_are_failures(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[play]\nbpm = -3")
    (tmp_path / "bad.atlas").write_text("no zip")
    found = {f.name: f for f in examine(tmp_path / "bad.atlas", tmp_path / "bad.toml")}
    assert found["atlas"].state == found["config"].state == "fail"
    assert "bad.atlas" in found["atlas"].detail
    assert "play.bpm" in found["config"].detail


def test_the_remedy_of_an_error_is_the_advice(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[play]\nbmp = 3")
    found = {f.name: f for f in examine(None, tmp_path / "bad.toml")}
    assert found["config"].detail.endswith("bad.toml, line 2: unknown key 'play.bmp'")
    assert found["config"].advice == "`drumatlas config` lists them all"


def test_no_midi_is_a_warning_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise PortError("no MIDI system here", "pip install it")

    monkeypatch.setattr(checks, "list_ports", nothing)
    finding = next(f for f in examine(None, None) if f.name == "midi")
    assert finding.state == "warn"
    assert finding.detail == "no MIDI system here"
    assert finding.advice.startswith("pip install it; use play --midi-out file:take.mid")


def test_an_onnxruntime_that_is_known_to_crash_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "version", lambda _: "1.21.0")
    finding = next(f for f in examine(None, None) if f.name == "onnxruntime")
    assert finding.state == "warn"
    assert "1.28" in finding.advice


def test_where_there_is_no_onnxruntime_numpy_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(checks, "version", missing)
    monkeypatch.setattr(probe, "find_spec", lambda _: None)
    found = {finding.name: finding for finding in examine(None, None)}
    assert found["onnxruntime"].state == "warn"
    assert "NumPy decodes" in found["onnxruntime"].detail
    assert found["atlas"].state == "ok"


def test_an_onnxruntime_that_dies_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "runs_onnxruntime", lambda _: False)
    finding = next(f for f in examine(None, None) if f.name == "onnxruntime")
    assert finding.state == "warn"
    assert "crashes here" in finding.detail
