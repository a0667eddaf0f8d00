"""The service's commands, beside a box that plays."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from drumatlas.cli import main, service
from drumatlas.service import status as service_status
from drumatlas.service.atlas import FILE

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
    if service.SERVICE_STATE.exists():
        pytest.skip("this machine has the service")
    assert main(["status"]) == 2
    assert "systemctl start drumatlas" in capsys.readouterr().err


def test_one_that_was_killed_is_told(
    box: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    box.kill()
    box.wait(timeout=20)
    assert main(["status"]) == 2
    assert "ended without a word" in capsys.readouterr().err


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
    assert service.lines(entry) == [
        "playing at 120.5 BPM, follows a clock",
        "place: near no genre, frozen, training beats allowed",
        "atlas: builtin",
        "MIDI out: TR-8S",
        "MIDI in: Keys",
        "fault: TR-8S: unplugged",
        "process 7, seen 1 s ago",
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


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.atlas"
    path.write_bytes(files("drumatlas").joinpath("builtin.atlas").read_bytes())
    return path


def test_an_atlas_is_put_where_play_finds_it(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    assert main(["update-atlas", str(good), "--state", str(state)]) == 0
    assert "it plays from the next start on" in capsys.readouterr().err
    (tmp_path / "bad.atlas").write_bytes(good.read_bytes()[:1000])
    assert main(["update-atlas", str(tmp_path / "bad.atlas"), "--state", str(state)]) == 2
    assert "bad.atlas" in capsys.readouterr().err
    assert (state / FILE).read_bytes() == good.read_bytes()
    play = ["play", "--panel", "none", "--midi-out", "none", "--seconds", "0.1"]
    (state / FILE).write_bytes(b"no zip")
    assert main([*play, "--state", str(state)]) == 0
    assert "own.atlas" in capsys.readouterr().err
    assert main(["update-atlas", "--builtin", "--state", str(state)]) == 0
    assert not (state / FILE).exists()


def test_the_services_folder_wants_root(
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    closed = tmp_path / "service"
    closed.mkdir()
    (closed / FILE).mkdir()  # whatever keeps it from being written
    monkeypatch.setattr(service, "SERVICE_STATE", closed)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["update-atlas", str(good)]) == 2
    assert "the service's folder wants sudo" in capsys.readouterr().err


def test_without_a_service_it_is_the_users_own(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SERVICE_STATE", tmp_path / "none")
    assert main(["update-atlas", str(good)]) == 0
    assert (Path(os.environ["XDG_STATE_HOME"]) / "drumatlas" / FILE).exists()
    with pytest.raises(SystemExit) as ended:
        main(["update-atlas"])
    assert ended.value.code == 2


def test_a_box_that_runs_is_asked_to_take_it(
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[tuple[int, int]] = []

    def kill(pid: int, number: int) -> None:
        asked.append((pid, number))
        if len(asked) == 2:
            raise PermissionError

    monkeypatch.setattr(service_status, "read_status", lambda: {"pid": 4711})
    monkeypatch.setattr(os, "kill", kill)
    for words in ("takes it at its next bar", "sudo systemctl reload drumatlas"):
        assert main(["update-atlas", str(good), "--state", str(tmp_path)]) == 0
        assert words in capsys.readouterr().err
    assert asked == [(4711, signal.SIGHUP)] * 2
