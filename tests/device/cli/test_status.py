"""`drumatlas status` beside a box that plays."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumatlas.cli import main, status, update_atlas
from drumatlas.service.process import started

PLAY = [sys.executable, "-m", "drumatlas", "play", "--panel", "none", "--midi-out", "none"]


@pytest.fixture
def box() -> Iterator["subprocess.Popen[bytes]"]:
    """A box that plays, once it has said how it is."""
    own = Path(os.environ["XDG_RUNTIME_DIR"]) / "drumatlas" / "status.json"
    with subprocess.Popen([*PLAY, "--bpm", "133"], stderr=subprocess.DEVNULL) as process:
        for _ in range(600):
            if own.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        yield process
        process.terminate()
        process.wait(timeout=20)


def test_a_running_box_is_shown(
    box: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] in {"playing at 133 BPM", "stopped at 133 BPM"}  # Start may still be ahead
    assert "MIDI out: none" in shown
    assert main(["status", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["pid"] == box.pid
    assert entry["bpm"] == 133


def test_without_one_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    if update_atlas.SERVICE_STATE.exists():
        pytest.skip("this machine has the service")
    assert main(["status"]) == 2
    assert "systemctl start drumatlas" in capsys.readouterr().err


def test_a_box_that_was_killed_is_reported(
    box: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    box.kill()
    box.wait(timeout=20)
    assert main(["status"]) == 2
    assert "ended unexpectedly" in capsys.readouterr().err


def test_faults_are_shown() -> None:
    entry = {
        "state": "playing",
        "bpm": 120.5,
        "follows": True,
        "frozen": True,
        "wandering": False,
        "novelty": False,
        "near": "",
        "atlas": "builtin",
        "ports": {"out": "TR-8S", "in": "Keys"},
        "faults": ["TR-8S: unplugged"],
        "pid": 7,
        "age_ns": 1_400_000_000,
    }
    assert status.lines(entry) == [
        "playing at 120.5 BPM, follows a clock",
        "place: near no genre, frozen, training beats allowed",
        "atlas: builtin",
        "MIDI out: TR-8S",
        "MIDI in: Keys",
        "fault: TR-8S: unplugged",
        "process 7, updated 1 s ago",
    ]


def test_a_status_can_not_drive_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"state": "playing", "near": "a\nb", "atlas": "\x1b[2J", "bpm": 120}
    flags = dict.fromkeys(("follows", "frozen", "wandering", "novelty"), False)
    own = {"version": 1, "pid": os.getpid(), "at_ns": time.monotonic_ns()}
    lists = {"faults": ["\x1b]0;x\x07", 3], "ports": {"out": "\x9b2J"}}
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    (folder / "status.json").write_text(json.dumps({**words, **flags, **own, **lists}))
    (folder / "status.json").chmod(0o644)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(folder))
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 7
    assert all(line.isprintable() for line in shown.splitlines())
    assert r"atlas: \x1b[2J" in shown


def test_a_running_box_says_which_process_it_is(
    box: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["started"] == started(box.pid)
    assert entry["folder"] == str(Path(os.environ["XDG_STATE_HOME"], "drumatlas").resolve())
