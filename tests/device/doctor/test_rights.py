import os
import threading
from pathlib import Path
from typing import Any

import pytest

from drumatlas import realtime
from drumatlas.doctor import rights
from drumatlas.doctor.finding import Finding
from drumatlas.doctor.rights import examine_rights
from drumatlas.errors import PortError
from drumatlas.midi import choose
from drumatlas.midi.port import NullPort
from drumatlas.midi.process.output import ProcessPort
from drumatlas.realtime import PRIORITY

KERNEL = "kernel queue, timer at 6250 Hz"
OWN = "own process, absolute deadlines"


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux where nothing is missing."""
    for name, answer in {
        "_is_linux": lambda: True,
        "_exists": lambda _: True,
        "_may_use": lambda _: True,
        "import_alsa": lambda: None,
        "version": lambda _: "1.0.4",
        "delivery": lambda: KERNEL,
        "_refused_realtime": list,
        "may_lock_memory": lambda: True,
    }.items():
        monkeypatch.setattr(rights, name, answer)
    return monkeypatch


def find(name: str) -> Finding:
    return next(finding for finding in examine_rights() if finding.name == name)


def failing(message: str, hint: str = "") -> Any:
    def fail() -> None:
        raise PortError(message, hint)

    return fail


def test_nothing_is_missing(granted: pytest.MonkeyPatch) -> None:
    found = examine_rights()
    names = ["sequencer", "alsa-midi", "delivery", "realtime", "memory"]
    assert [finding.name for finding in found] == names
    assert {(finding.state, finding.advice) for finding in found} == {("ok", "")}
    assert find("delivery").detail == KERNEL


def test_without_a_sequencer_it_says_how_to_load_it(granted: pytest.MonkeyPatch) -> None:
    granted.setattr(rights, "_exists", lambda _: False)
    finding = find("sequencer")
    assert finding.state == "warn"
    assert "no /dev/snd/seq" in finding.detail
    assert "modprobe snd-seq" in finding.advice


def test_a_sequencer_that_is_closed_to_us_names_its_group(granted: pytest.MonkeyPatch) -> None:
    granted.setattr(rights, "_may_use", lambda _: False)
    granted.setattr(rights, "_group", lambda _: "sound")
    finding = find("sequencer")
    assert finding.state == "warn"
    assert "no permission to use" in finding.detail
    assert "usermod -aG sound " in finding.advice


def test_the_group_is_that_of_the_file_and_rights_are_looked_up(tmp_path: Path) -> None:
    device = tmp_path / "seq"
    device.touch(mode=0o600)
    assert rights._group(device) == device.group()
    assert rights._group(tmp_path / "gone") == "audio"
    assert rights._exists(device)
    assert rights._may_use(device)
    assert not rights._may_use(tmp_path / "gone")


def test_an_alsa_midi_that_does_not_load_is_told_with_its_cure(granted: pytest.MonkeyPatch) -> None:
    why, cure = "alsa-midi does not load (libasound.so.2; gone)", "apt install it; log in again"
    granted.setattr(rights, "import_alsa", failing(why, cure))
    expected = ("warn", why, cure)
    finding = find("alsa-midi")
    assert (finding.state, finding.detail, finding.advice) == expected


def test_delivery_without_alsa_is_the_second_best_on_linux_only(
    granted: pytest.MonkeyPatch,
) -> None:
    granted.setattr(rights, "delivery", lambda: OWN)
    finding = find("delivery")
    assert (finding.state, finding.detail) == ("warn", OWN)
    assert "sequencer" in finding.advice
    granted.setattr(rights, "_is_linux", lambda: False)
    assert find("delivery") == Finding("delivery", "ok", OWN)
    assert [finding.name for finding in examine_rights()] == ["delivery", "realtime"]


def test_no_delivery_without_a_midi_system(granted: pytest.MonkeyPatch) -> None:
    granted.setattr(rights, "delivery", failing("no MIDI system here"))
    finding = find("delivery")
    assert (finding.state, finding.detail) == ("warn", "none: no MIDI system here")


@pytest.mark.parametrize(
    ("limit", "detail", "advice"),
    [
        (0, "is 0", "'@audio - rtprio 95'"),
        (PRIORITY - 1, f"is {PRIORITY - 1}", "'@audio - rtprio 95'"),
        (PRIORITY, f"is {PRIORITY}", "container"),
        (None, "is unlimited", "container"),
    ],
)
def test_a_refused_priority_tells_the_limit(
    granted: pytest.MonkeyPatch, limit: int | None, detail: str, advice: str
) -> None:
    granted.setattr(rights, "_refused_realtime", lambda: ["real-time priority"])
    granted.setattr(rights, "_limit", {"RLIMIT_RTPRIO": limit}.__getitem__)
    finding = find("realtime")
    assert finding.state == "warn"
    assert finding.detail.endswith(detail)
    assert advice in finding.advice


def test_memory_that_may_not_be_locked_tells_the_limit(granted: pytest.MonkeyPatch) -> None:
    granted.setattr(rights, "may_lock_memory", lambda: False)
    granted.setattr(rights, "_limit", {"RLIMIT_MEMLOCK": 8388608}.__getitem__)
    finding = find("memory")
    assert finding.state == "warn"
    assert "8388608" in finding.detail
    assert "'@audio - memlock unlimited'" in finding.advice


def test_asking_for_priority_is_not_done_by_the_asking_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[threading.Thread] = []

    def ask() -> list[str]:
        asked.append(threading.current_thread())
        return ["refused"]

    monkeypatch.setattr(rights, "request_realtime", ask)
    assert rights._refused_realtime() == ["refused"]
    assert asked[0] is not threading.current_thread()
    assert not asked[0].is_alive()


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such call")
def test_the_priority_is_given_back() -> None:
    before = os.sched_getscheduler(0)
    rights._refused_realtime()
    assert os.sched_getscheduler(0) == before


@pytest.mark.parametrize(
    ("user", "limit", "may"),
    [(0, 8388608, True), (1000, 8388608, False), (1000, -1, True)],
)
def test_memory_may_be_locked_by_root_or_without_a_limit(
    monkeypatch: pytest.MonkeyPatch, user: int, limit: int, may: bool
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert realtime.may_lock_memory() is may


def test_limits_are_numbers_or_unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits = {resource.RLIMIT_MEMLOCK: (5, 9), resource.RLIMIT_RTPRIO: (resource.RLIM_INFINITY, 9)}
    monkeypatch.setattr(resource, "getrlimit", limits.__getitem__)
    assert rights._limit("RLIMIT_MEMLOCK") == 5
    assert rights._limit("RLIMIT_RTPRIO") is None


class AlsaPort(NullPort):
    delivery = KERNEL
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_with_alsa_the_port_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    port = AlsaPort()
    monkeypatch.setattr(choose, "has_alsa", lambda: True)
    monkeypatch.setattr(choose, "_open", lambda _wanted, _channels: port)
    assert choose.delivery() == KERNEL
    assert port.is_closed


def test_without_alsa_another_process_delivers_where_there_is_a_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Client:
        is_deleted = False

        def delete(self) -> None:
            self.is_deleted = True

    client = Client()
    monkeypatch.setattr(choose, "has_alsa", lambda: False)
    monkeypatch.setattr(choose, "open_client", lambda **_: (client, "JACK"))
    assert choose.delivery() == ProcessPort.delivery == OWN
    assert client.is_deleted  # clients leak otherwise
