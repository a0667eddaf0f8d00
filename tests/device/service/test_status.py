import json
import os
import threading
import time
from pathlib import Path

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.errors import StateError
from drumatlas.explore.controls import Turn
from drumatlas.play.settings import PlaySettings
from drumatlas.service import status
from drumatlas.service.status import (
    FILE,
    StatusFile,
    headline,
    read_status,
    report,
)
from support.waiting import until

SECOND = 1_000_000_000


@pytest.fixture
def engine(atlas: Atlas) -> Engine:
    return Engine(atlas, PlaySettings(bpm=126), [], 0)


def ports() -> dict[str, str]:
    return {"out": "TR-8S", "in": ""}


def wait_for(path: Path, text: str = "") -> None:
    until(lambda: path.exists() and text in path.read_text())


def test_the_status_of_a_running_box_can_be_read(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    file = StatusFile(engine, folder, ports)
    engine.set_faults("ports", "Keys: unplugged")
    file.tick(time.monotonic_ns())
    wait_for(folder / FILE)
    entry = read_status((tmp_path / "nothing here", folder))
    assert entry["pid"] == os.getpid()
    assert entry["state"] == "stopped"
    assert entry["bpm"] == 126
    assert entry["ports"] == ports()
    assert entry["faults"] == ["Keys: unplugged"]
    assert 0 <= entry["age_ns"] < 60 * SECOND
    file.close()
    assert not (folder / FILE).exists()
    with pytest.raises(StateError, match="systemctl start"):
        read_status((folder,))


def test_it_is_written_when_something_changes_but_not_more_than_once_a_second(
    engine: Engine, tmp_path: Path
) -> None:
    file = StatusFile(engine, tmp_path, ports)
    began = time.monotonic_ns()
    file.tick(began)
    wait_for(tmp_path / FILE)
    engine.handle(Turn("x1", 0.75), 0)
    file.tick(began + SECOND // 2)
    assert json.loads((tmp_path / FILE).read_text())["controls"]["x1"] != 0.75
    file.tick(began + SECOND)
    wait_for(tmp_path / FILE, '"x1": 0.75')
    file.close()


def test_a_folder_that_can_not_be_written_costs_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = StatusFile(engine, tmp_path / "file" / "below", ports)
    file.tick(1)
    file.close()
    assert (tmp_path / "file").read_text() == ""


def test_a_writer_without_memory_writes_again(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()

    def fail(_path: Path) -> None:
        failed.set()
        raise MemoryError

    file = StatusFile(engine, tmp_path, ports)
    with monkeypatch.context() as memory:
        memory.setattr(status, "atomic", fail)
        file.tick(1)
        assert failed.wait(5)
    file.tick(10 * SECOND)
    wait_for(tmp_path / FILE)
    file.close()


def forge(folder: Path, **changes: object) -> None:
    words = {"state": "playing", "near": "", "atlas": "a", "bpm": 120, "faults": [], "ports": {}}
    flags = dict.fromkeys(("follows", "frozen", "wandering", "novelty"), False)
    entry = {**words, **flags, "version": 1, "pid": os.getpid(), "at_ns": time.monotonic_ns()}
    entry |= changes
    (folder / FILE).write_text(json.dumps(entry))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pid": 2**31 - 1}, "ended unexpectedly"),
        ({"pid": 2**70}, "ended unexpectedly"),
        ({"at_ns": 2**62}, "ended unexpectedly"),  # of before the machine was started again
        ({"version": 2}, "not a status"),
        ({"pid": "x"}, "not a status"),
        ({"at_ns": None}, "not a status"),
        ({"ports": None}, "not a status"),
        ({"pid": 1}, "not a status"),  # systemd
        ({"pid": 0}, "not a status"),  # whole groups of processes
        ({"pid": -1}, "not a status"),
        ({"pid": True}, "not a status"),
        ({"at_ns": float("inf")}, "not a status"),
        ({"at_ns": -(10**400)}, "not a status"),
        ({"bpm": 10**400}, "not a status"),
        ({"bpm": float("nan")}, "not a status"),
    ],
)
def test_the_status_of_a_box_that_ended_is_an_error(
    changes: dict[str, object], words: str, tmp_path: Path
) -> None:
    forge(tmp_path, **changes)
    with pytest.raises(StateError, match=words):
        read_status((tmp_path,))


def test_a_box_that_hangs_is_an_error(tmp_path: Path) -> None:
    forge(tmp_path, at_ns=time.monotonic_ns() - 30 * SECOND)
    with pytest.raises(StateError, match=r"hangs: no status for 30 s"):
        read_status((tmp_path,))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_garbage_is_no_status(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(StateError, match="not a status"):
        read_status((tmp_path,))


def test_the_newest_status_of_several_is_read(tmp_path: Path) -> None:
    for name, age in (("old", 5), ("new", 1)):
        (tmp_path / name).mkdir()
        forge(tmp_path / name, at_ns=time.monotonic_ns() - age * SECOND, near=name)
    assert read_status((tmp_path / "old", tmp_path / "new"))["near"] == "new"


def test_the_headline_names_state_tempo_place_and_faults(engine: Engine) -> None:
    near = report(engine)["near"]
    assert headline(engine) == f"stopped 126.0 BPM, near '{near}'"
    engine.sequencer.start()
    engine.sequencer.advance(SECOND)
    engine.set_faults("ports", "TR-8S: unplugged")
    assert headline(engine) == f"playing 126.0 BPM, near '{near}'; TR-8S: unplugged"


def test_a_status_written_by_another_user_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(tmp_path)
    assert read_status((tmp_path,))
    tmp_path.chmod(0o777)
    with pytest.raises(StateError, match=f"{tmp_path}: not read, since another user"):
        read_status((tmp_path,))
    tmp_path.chmod(0o755)
    monkeypatch.setattr(status, "_owners", lambda: {tmp_path.stat().st_uid + 1})
    with pytest.raises(StateError, match="another user"):
        read_status((tmp_path,))


def test_the_service_and_root_are_no_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    pwd = pytest.importorskip("pwd")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    one = pwd.getpwuid(0)
    monkeypatch.setattr(pwd, "getpwnam", lambda _: type(one)((*one[:2], 993, *one[3:])))
    assert status._owners() == {0, 1000, 993}
    monkeypatch.undo()
    assert os.geteuid() in status._owners()
