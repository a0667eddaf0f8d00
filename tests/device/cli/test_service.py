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
from drumatlas.service.process import started

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="wants root, who may be anybody")

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


def update(good: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `update-atlas` says of a good atlas that it puts into `state`."""
    assert main(["update-atlas", str(good), "--state", str(state)]) == 0
    return capsys.readouterr().err


def show_box(monkeypatch: pytest.MonkeyPatch, **entry: object) -> None:
    """Let a box of ours be shown whose status has `entry`."""
    ours = {"pid": os.getpid(), "started": started(os.getpid())}
    monkeypatch.setattr(service_status, "read_status", lambda _folders: ours | entry)


@pytest.fixture
def signalled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The signals that are sent to processes."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


def test_a_box_of_ours_is_asked_to_take_it(
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    signalled: list[tuple[int, int]],
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    show_box(monkeypatch, folder=str(tmp_path))
    assert "takes it at its next bar" in update(good, tmp_path / "link", capsys)
    assert signalled == [(os.getpid(), signal.SIGHUP)]


def test_no_other_process_is_signalled(
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    signalled: list[tuple[int, int]],
) -> None:
    """The number may be another process' by now, and the file may be another user's forgery."""
    with subprocess.Popen("cat", stdin=subprocess.PIPE) as other:  # ends with its input
        forged: list[dict[str, object]] = [
            {"pid": other.pid, "started": 1},
            {"pid": other.pid, "started": None},
            {"pid": other.pid, "started": "1"},
            {"started": None},
        ]
        for entry in forged:
            show_box(monkeypatch, folder=str(tmp_path), **entry)
            assert "its user sends SIGHUP" in update(good, tmp_path, capsys), entry
    assert signalled == []


@needs_root
def test_root_signals_no_process_that_another_user_names(
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    signalled: list[tuple[int, int]],
) -> None:
    with subprocess.Popen("cat", stdin=subprocess.PIPE, user=65534) as other:
        entry = {"pid": other.pid, "started": started(other.pid), "folder": str(tmp_path)}
        show_box(monkeypatch, **entry)
        assert "its user sends SIGHUP" in update(good, tmp_path, capsys)
    assert signalled == []


def test_a_box_with_another_folder_is_left_alone(
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    signalled: list[tuple[int, int]],
) -> None:
    show_box(monkeypatch, folder=str(tmp_path / "elsewhere"))
    assert "in another folder" in update(good, tmp_path, capsys)
    assert signalled == []


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ([0, 0], "takes it at its next bar"),
        ([3], "the service is not running"),
        ([0, 1], "sudo systemctl reload drumatlas"),
    ],
)
def test_the_service_is_reloaded_by_systemd(  # noqa: PLR0913, PLR0917
    codes: list[int],
    words: str,
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    signalled: list[tuple[int, int]],
) -> None:
    answers = iter(codes)
    asked: list[tuple[str, ...]] = []

    def systemctl(*command: str) -> int:
        asked.append(command)
        return next(answers)

    monkeypatch.setattr(service, "SERVICE_STATE", tmp_path)
    monkeypatch.setattr(service, "_systemctl", systemctl)
    monkeypatch.setattr(service, "SYSTEMD", tmp_path)
    show_box(monkeypatch, folder=str(tmp_path))
    assert words in update(good, tmp_path, capsys)
    assert signalled == []
    assert [command[0] for command in asked] == ["is-active", "reload"][: len(codes)]


def test_a_running_box_says_which_process_it_is(
    box: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["started"] == started(box.pid)
    assert entry["folder"] == str(Path(os.environ["XDG_STATE_HOME"], "drumatlas").resolve())
