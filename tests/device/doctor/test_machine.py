import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from drumatlas.config.keys import defaults
from drumatlas.doctor import machine
from drumatlas.doctor.finding import Finding
from drumatlas.doctor.machine import examine_machine

Group = namedtuple("Group", "gr_name gr_gid gr_mem")


def finding(name: str, **config: str) -> Finding | None:
    found = examine_machine(defaults() | {key.replace("_", "."): v for key, v in config.items()})
    return next((one for one in found if one.name == name), None)


@pytest.mark.parametrize(
    ("bits", "state", "words"),
    [
        ("0\n", "ok", "enough"),
        ("50005", "warn", "now: voltage too low, throttled"),
        ("50000\n", "warn", "since boot: voltage too low, throttled"),
        ("8", "warn", "now: too hot"),
    ],
)
def test_power_is_the_firmwares_word(
    bits: str, state: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bits").write_text(bits)
    monkeypatch.setattr(machine, "_FIRMWARE", tmp_path / "bits")
    power = finding("power")
    assert power
    assert (power.state, words in power.detail) == (state, True)
    assert ("supply" in power.advice) == ("voltage" in words)


@pytest.mark.skipif(sys.platform == "win32", reason="no shell scripts on Windows")
def test_without_the_file_the_tool_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_FIRMWARE", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert finding("power") is None
    tool = tmp_path / "vcgencmd"
    for script, state in (("echo throttled=0x1", "warn"), ("echo what", None), ("exit 3", None)):
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        assert getattr(finding("power"), "state", None) == state


def test_a_folder_that_can_be_written(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "not" / "yet"):
        state = finding("state", state_dir=str(folder))
        assert state
        assert state.state == "ok"
        assert str(folder) in state.detail
    assert not (tmp_path / "not").exists()
    none = finding("state", state_dir="none")
    assert none
    assert none.state == "ok"


def test_a_full_card_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage(10, 10, 1 << 20))
    state = finding("state", state_dir=str(tmp_path))
    assert state
    assert (state.state, "1 MiB free" in state.detail) == ("warn", True)


def test_a_folder_that_can_not_be_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.os, "access", lambda *_: False)
    state = finding("state", state_dir=str(tmp_path))
    assert state
    assert (state.state, "owner" in state.advice) == ("warn", True)
    if hasattr(os, "statvfs"):
        flags = namedtuple("flags", "f_flag")(os.ST_RDONLY)
        monkeypatch.setattr(machine.os, "statvfs", lambda _: flags)
        state = finding("state", state_dir=str(tmp_path))
        assert state
        assert "read-only" in state.advice


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="groups are Linux's here")
@pytest.mark.parametrize(
    ("is_pi", "mine", "members", "words"),
    [
        (False, [29], [], "ok audio"),
        (False, [], [], "warn not in audio: sudo usermod -aG audio $USER"),
        (False, [], ["joe"], "warn not yet in audio: log in again"),
        (True, [29, 997], [], "warn not in spi: sudo usermod -aG spi $USER"),
        (True, [29, 997, 999], [], "ok audio, gpio, spi"),
    ],
)
def test_groups_that_own_needed_devices_are_named(
    is_pi: bool, mine: list[int], members: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grp

    there = [Group("audio", 29, members), Group("gpio", 997, []), Group("spi", 999, [])]
    monkeypatch.setattr(grp, "getgrall", lambda: there)  # no i2c: that one can't be missing
    monkeypatch.setattr(machine, "is_pi", lambda: is_pi)
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine.os, "getegid", lambda: 1000)
    monkeypatch.setattr(machine.os, "getgroups", lambda: mine)
    monkeypatch.setenv("USER", "joe")
    groups = finding("groups")
    assert groups
    said = f"{groups.state} {groups.detail}" + (f": {groups.advice}" if groups.advice else "")
    assert said.startswith(words)


def test_a_folder_that_may_not_be_searched_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(type(Path())):  # type: ignore[misc]
        def exists(self, **_: object) -> bool:
            if str(self).startswith("/closed/"):
                raise PermissionError(13, "Permission denied", str(self))
            return True

    monkeypatch.setattr(machine, "state_folder", lambda _: Closed("/closed/state"))
    state = finding("state")
    assert state
    assert state.state == "warn"


def test_a_tool_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("vcgencmd", 5)

    monkeypatch.setattr(machine, "_FIRMWARE", tmp_path / "none")
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/vcgencmd")
    monkeypatch.setattr(machine.subprocess, "run", hang)
    assert finding("power") is None
