import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drumatlas import realtime
from drumatlas.doctor import rights
from drumatlas.doctor.finding import Finding
from drumatlas.doctor.rights import Machine, examine_rights
from drumatlas.errors import PortError
from drumatlas.midi import choose
from drumatlas.midi.port import NullPort
from drumatlas.midi.process.output import ProcessPort
from drumatlas.realtime import PRIORITY

KERNEL = "kernel queue, timer at 6250 Hz"
OWN = "own process, absolute deadlines"


# A Linux where nothing is missing.
GRANTED = Machine(
    is_linux=True,
    exists=lambda _: True,
    may_use=lambda _: True,
    alsa_version=lambda: "1.0.4",
    delivery=lambda: KERNEL,
    refused_realtime=list,
    may_lock_memory=lambda: True,
)


def find(name: str, machine: Machine) -> Finding:
    return next(finding for finding in examine_rights(machine) if finding.name == name)


def failing(message: str, hint: str = "") -> Any:
    def fail() -> str:
        raise PortError(message, hint)

    return fail


def test_with_all_rights_every_finding_is_ok() -> None:
    found = examine_rights(GRANTED)
    names = ["sequencer", "alsa-midi", "delivery", "realtime", "memory"]
    assert [finding.name for finding in found] == names
    assert {(finding.state, finding.advice) for finding in found} == {("ok", "")}
    assert find("delivery", GRANTED).detail == KERNEL


def test_without_a_sequencer_it_says_how_to_load_it() -> None:
    finding = find("sequencer", replace(GRANTED, exists=lambda _: False))
    assert finding.state == "warn"
    assert "no /dev/snd/seq" in finding.detail
    assert "modprobe snd-seq" in finding.advice


def test_a_sequencer_that_is_closed_to_us_names_its_group() -> None:
    closed = replace(GRANTED, may_use=lambda _: False, group_of=lambda _: "sound")
    finding = find("sequencer", closed)
    assert finding.state == "warn"
    assert "no permission to use" in finding.detail
    assert "usermod -aG sound " in finding.advice


def test_the_group_is_that_of_the_file_and_rights_are_looked_up(tmp_path: Path) -> None:
    device = tmp_path / "seq"
    device.touch(mode=0o600)
    machine = Machine()
    assert machine.group_of(device) == device.group()
    assert machine.group_of(tmp_path / "gone") == "audio"
    assert machine.exists(device)
    assert machine.may_use(device)
    assert not machine.may_use(tmp_path / "gone")


def test_an_alsa_midi_that_does_not_load_is_found_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    why, cure = "alsa-midi does not load (libasound.so.2; gone)", "apt install it; log in again"
    monkeypatch.setattr(rights, "import_alsa", failing(why, cure))
    expected = ("warn", why, cure)
    finding = find("alsa-midi", replace(GRANTED, alsa_version=Machine().alsa_version))
    assert (finding.state, finding.detail, finding.advice) == expected


def test_delivery_without_alsa_is_the_second_best_on_linux_only() -> None:
    machine = replace(GRANTED, delivery=lambda: OWN)
    finding = find("delivery", machine)
    assert (finding.state, finding.detail) == ("warn", OWN)
    assert "sequencer" in finding.advice
    other = replace(machine, is_linux=False)
    assert find("delivery", other) == Finding("delivery", "ok", OWN)
    assert [finding.name for finding in examine_rights(other)] == ["delivery", "realtime"]


def test_no_delivery_without_a_midi_system() -> None:
    finding = find("delivery", replace(GRANTED, delivery=failing("no MIDI system here")))
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
def test_a_refused_priority_is_found_with_the_limit(
    limit: int | None, detail: str, advice: str
) -> None:
    refusing = replace(
        GRANTED,
        refused_realtime=lambda: ["real-time priority"],
        limit={"RLIMIT_RTPRIO": limit}.__getitem__,
    )
    finding = find("realtime", refusing)
    assert finding.state == "warn"
    assert finding.detail.endswith(detail)
    assert advice in finding.advice


def test_memory_that_may_not_be_locked_is_found_with_the_limit() -> None:
    limits = {"RLIMIT_MEMLOCK": 8388608}
    machine = replace(GRANTED, may_lock_memory=lambda: False, limit=limits.__getitem__)
    finding = find("memory", machine)
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
    assert Machine().refused_realtime() == ["refused"]
    assert asked[0] is not threading.current_thread()
    assert not asked[0].is_alive()


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such call")
def test_the_priority_is_given_back() -> None:
    before = os.sched_getscheduler(0)
    Machine().refused_realtime()
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
    assert Machine().limit("RLIMIT_MEMLOCK") == 5
    assert Machine().limit("RLIMIT_RTPRIO") is None


class FakeAlsaPort(NullPort):
    delivery = KERNEL
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_with_alsa_the_port_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    port = FakeAlsaPort()
    monkeypatch.setattr(choose, "has_alsa", lambda: True)
    monkeypatch.setattr(choose, "_open", lambda _wanted, _channels: port)
    assert choose.delivery() == KERNEL
    assert port.is_closed


def test_without_alsa_another_process_delivers_where_there_is_a_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class RtMidiClient:
        is_deleted = False

        def delete(self) -> None:
            self.is_deleted = True

    client = RtMidiClient()
    monkeypatch.setattr(choose, "has_alsa", lambda: False)
    monkeypatch.setattr(choose, "open_client", lambda **_: (client, "JACK"))
    assert choose.delivery() == ProcessPort.delivery == OWN
    assert client.is_deleted  # clients leak otherwise
