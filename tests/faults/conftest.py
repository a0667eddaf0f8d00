"""A synth that records."""

from pathlib import Path

import pytest

from support.jack_server import Recorder


@pytest.fixture
def synth(recorder: Recorder) -> Recorder:
    recorder.client.open_virtual_port("synth")
    return recorder


@pytest.fixture(params=[0.5, 4.0], ids="gate {:g}".format)
def gate(request: pytest.FixtureRequest) -> float:
    """The length of a note in steps. At four steps some note sounds at nearly any time."""
    length: float = request.param
    return length


@pytest.fixture
def config(gate: float, tmp_path: Path) -> tuple[str, str]:
    """Options of `play` for notes of that length."""
    path = tmp_path / "gate.toml"
    path.write_text(f"[play]\ngate = {gate}")
    return "--config", str(path)
