"""What the box reads and writes is broken or gone: state, atlas, configuration, a wheel."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.play.events import CLOCK
from drumatlas.service.atlas import FILE as OWN_ATLAS
from drumatlas.service.state import FILE as STATE
from faults.box import SYNTH, end, goes_on
from support.jack_server import Recorder, needs_jack

pytestmark = needs_jack
Play = Callable[..., "subprocess.Popen[str]"]


class TestState:
    """The folder that keeps state can't be used."""

    def test_a_state_folder_that_is_taken_away_is_shown(
        self, synth: Recorder, play: Play, tmp_path: Path
    ) -> None:
        folder = tmp_path / "state"
        script = tmp_path / "turn.jsonl"
        lines = [{"t": t, "control": "x1", "value": t % 2 / 2 + 0.2} for t in range(1, 9)]
        script.write_text("\n".join(map(json.dumps, lines)))
        process = play(*SYNTH, "--state", str(folder), "--panel", f"script:{script}")
        synth.wait_for(CLOCK)
        shutil.rmtree(folder)
        folder.write_text("a file is in the way")
        goes_on(synth, 2.5)
        assert "state: " in end(process, synth)

    def test_a_full_disk_is_shown(self, synth: Recorder, tmp_path: Path) -> None:
        script = tmp_path / "turn.jsonl"
        script.write_text('{"t": 0.5, "control": "x1", "value": 0.9}')
        command = [sys.executable, "-c", _NO_ROOM, "play", "--web", "off", *SYNTH]
        command += ["--state", str(tmp_path / "state"), "--panel", f"script:{script}"]

        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            synth.wait_for(CLOCK)
            goes_on(synth)
            assert "File too large" in end(process, synth)
        finally:
            process.kill()
            process.communicate()
        assert not (tmp_path / "state" / STATE).exists()


_NO_ROOM = """
import resource as r, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
r.setrlimit(r.RLIMIT_FSIZE, (100, 100))  # EFBIG is to a writer what ENOSPC is
from drumatlas.cli import main
sys.exit(main())
"""


class TestBrokenFiles:
    """As a service: atlas and configuration are broken at the start, or at SIGHUP."""

    def test_with_a_corrupt_atlas_another_one_plays(
        self, synth: Recorder, play: Play, tmp_path: Path
    ) -> None:
        (tmp_path / OWN_ATLAS).write_bytes(b"PK\3\4" + b"no atlas" * 100)
        process = play(*SYNTH, "--state", str(tmp_path), "--unattended")
        synth.wait_for(CLOCK)
        goes_on(synth)
        assert "playing another atlas" in end(process, synth)

    def test_a_broken_configuration_at_the_start_and_at_sighup(
        self, synth: Recorder, play: Play, tmp_path: Path
    ) -> None:
        config = tmp_path / "box.toml"
        config.write_text("[play]\nbpm = loud")
        state = ("--state", str(tmp_path / "state"))
        process = play(*SYNTH, *state, "--config", str(config), "--unattended")
        synth.wait_for(CLOCK)
        goes_on(synth)
        config.write_text('[play]\nkit = "no such"')
        process.send_signal(signal.SIGHUP)
        goes_on(synth)
        said = end(process, synth)
        assert "using the defaults" in said
        assert "play.kit = 'no such'" in said


def test_without_onnxruntime_numpy_decodes(
    synth: Recorder, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('a bad wheel')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DRUMATLAS_RUNTIME", "numpy")  # what the probe would have found
    process = play(*SYNTH, "--state", "none")
    synth.wait_for(CLOCK)
    goes_on(synth)
    assert "bad wheel" not in end(process, synth)
