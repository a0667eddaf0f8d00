"""`drumatlas update-atlas`, and which process it asks to take the atlas."""

import os
import signal
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from drumatlas.cli import main, update_atlas
from drumatlas.service import status as service_status
from drumatlas.service.atlas import FILE
from drumatlas.service.process import started

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="wants root, who may be anybody")


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
    assert "a box plays it from its next start on" in capsys.readouterr().err
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
    monkeypatch.setattr(update_atlas, "SERVICE_STATE", closed)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["update-atlas", str(good)]) == 2
    assert "use sudo for the service's folder" in capsys.readouterr().err


def test_without_a_service_it_is_the_users_own(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_atlas, "SERVICE_STATE", tmp_path / "none")
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
    assert "switches at its next bar" in update(good, tmp_path / "link", capsys)
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
            assert "its user must run: kill -HUP" in update(good, tmp_path, capsys), entry
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
        assert "its user must run: kill -HUP" in update(good, tmp_path, capsys)
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
        ([0, 0], "switches at its next bar"),
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

    monkeypatch.setattr(update_atlas, "SERVICE_STATE", tmp_path)
    monkeypatch.setattr(update_atlas, "_systemctl", systemctl)
    monkeypatch.setattr(update_atlas, "SYSTEMD", tmp_path)
    show_box(monkeypatch, folder=str(tmp_path))
    assert words in update(good, tmp_path, capsys)
    assert signalled == []
    assert [command[0] for command in asked] == ["is-active", "reload"][: len(codes)]
