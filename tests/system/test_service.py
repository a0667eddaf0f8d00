"""The service: starts, crashes, hangs, stops; what its synth hears of that."""

import time
from collections.abc import Callable

import pytest

from drumatlas.play.events import CLOCK, START, STOP, Event
from support.recordings import clocks, hanging, is_panic, notes
from system.box import CONFIG, CONTROLLERS, RemoteBox
from system.hearing import beat
from system.machine import PATIENCE

Figure = Callable[[str, str], None]
TWO_CYCLES = 400  # clocks, and some more


def moved(box: RemoteBox) -> None:
    """Somewhere else than where a box begins, and kept."""
    box.turn((CONTROLLERS["x1"], 20), (CONTROLLERS["x2"], 100), (CONTROLLERS["density"], 90))
    time.sleep(2 * PATIENCE)


def crash(box: RemoteBox, signal: str) -> tuple[int, list[Event], list[Event]]:
    """(when, what the old process has sent, what the new one has), ns of the new one's start
    between them."""
    box.hears_on(box.begun_ns(), TWO_CYCLES)
    at_ns = box.now(f"kill -{signal} $(systemctl show -p MainPID --value drumatlas)")
    end = time.monotonic() + 30 * PATIENCE
    while (begun_ns := box.begun_ns()) < at_ns:
        assert time.monotonic() < end, "it was not started anew"
        time.sleep(0.2)
    later = box.hears_on(begun_ns, TWO_CYCLES)
    return at_ns, [one for one in box.hears() if one.at_ns < begun_ns], later


def test_beats_arrive_at_the_device(box: RemoteBox) -> None:
    stream = box.hears_on(box.begun_ns(), 200)
    ticks = clocks(stream)
    tempo = (len(ticks) - 1) * 60e9 / 24 / (ticks[-1] - ticks[0])
    assert tempo == pytest.approx(120, rel=0.05 * PATIENCE)
    assert len(notes(stream)) > 8
    assert {note.data[0] & 0x0F for note in notes(stream)} == {9}  # channel 10


def test_it_plays_within_three_seconds_of_its_start(box: RemoteBox, figure: Figure) -> None:
    took = []
    for _ in range(3):
        box.systemctl("stop", "drumatlas")
        at_ns = box.now("systemctl start drumatlas")
        stream = [one for one in box.hears_on(at_ns, 24) if not is_panic(one)]
        kinds = [one.data for one in stream]
        assert kinds.index(START) < kinds.index(CLOCK)
        took.append((clocks(stream)[0] - at_ns) / 1e9)
    figure("start to first clock", ", ".join(f"{one:.2f}" for one in took) + " s")
    assert max(took) <= 3 * PATIENCE


def test_after_a_crash_panic_goes_first_and_the_same_beat_goes_on(
    box: RemoteBox, figure: Figure
) -> None:
    moved(box)
    box.systemctl("restart", "drumatlas")
    at_ns, before, later = crash(box, "KILL")
    panics = [one for one in later if is_panic(one)]
    assert panics, "no panic"
    first = next(i for i, one in enumerate(later) if not is_panic(one))
    assert first >= 2, "something came before panic"
    assert later[first].data == START
    assert beat(later) == beat(before)
    assert not hanging([*before, *later[:first]])
    assert int(box.show("NRestarts")) == 1
    back_ns = box.begun_ns()
    figure("kill -9 to the next process", f"{(back_ns - at_ns) / 1e9:.2f} s")
    figure("kill -9 to the next clock", f"{(clocks(later)[0] - at_ns) / 1e9:.2f} s")
    assert back_ns - at_ns <= 1e9 * PATIENCE


def test_a_box_that_hangs_is_restarted(box: RemoteBox, figure: Figure) -> None:
    moved(box)
    box.systemctl("restart", "drumatlas")
    at_ns, before, later = crash(box, "STOP")
    assert "watchdog" in box.machine.get("journalctl -b -u drumatlas --no-pager -n 40").lower()
    assert is_panic(later[0])
    assert beat(later) == beat(before)
    figure("kill -STOP to the next clock", f"{(clocks(later)[0] - at_ns) / 1e9:.2f} s")


def test_a_stop_ends_every_note_and_the_clock(box: RemoteBox, figure: Figure) -> None:
    time.sleep(3)
    at_ns = box.now(
        "systemctl stop drumatlas; cut -d' ' -f1 /proc/uptime > /run/drumatlas-test.stop"
    )
    stopped_ns = float(box.machine.get("cat /run/drumatlas-test.stop")) * 1e9
    stream = box.hears()
    told = [one.data for one in stream if not is_panic(one)]
    assert told[-1] == STOP
    assert not hanging(stream)
    assert box.show("Result") == "success"
    assert box.show("ActiveState") == "inactive"
    figure("systemctl stop", f"{(stopped_ns - at_ns) / 1e9:.2f} s")


def test_status_shows_a_running_box_and_its_absence(box: RemoteBox) -> None:
    told = box.status()
    assert told["state"] == "playing"
    assert told["faults"] == []
    assert str(told["pid"]) == box.show("MainPID")
    assert "playing at 120 BPM" in box.machine.get("drumatlas status")
    box.systemctl("stop", "drumatlas")
    done = box.machine.run("drumatlas status")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_service_has_few_rights(box: RemoteBox, figure: Figure) -> None:
    line = box.machine.get("systemd-analyze security drumatlas --no-pager | tail -n 1")
    exposure = float(line.split(":")[1].split()[0])
    figure("systemd-analyze security", f"{exposure}")
    assert exposure <= 1.3


def test_settings_that_are_broken_do_not_silence_it(box: RemoteBox) -> None:
    box.machine.get(f"echo 'bpm 120' >> {CONFIG}")
    since = box.now()
    assert box.systemctl("reload", "drumatlas").returncode == 0
    time.sleep(2 * PATIENCE)
    assert any("drumatlas.toml" in fault for fault in box.status()["faults"])
    assert len(clocks(box.hears(since))) > 24
    assert box.systemctl("restart", "drumatlas").returncode == 0
    time.sleep(2 * PATIENCE)
    assert box.status()["state"] == "playing"
    assert any("drumatlas.toml" in fault for fault in box.status()["faults"])
    box.configure()
    box.systemctl("reload", "drumatlas")
    time.sleep(2 * PATIENCE)
    assert box.status()["faults"] == []


def test_a_device_that_is_pulled_out_is_played_to_when_it_is_back(box: RemoteBox) -> None:
    if not box.synth.unplug:
        pytest.skip("no USB device to pull out on that machine (usbmidi)")
    time.sleep(PATIENCE)
    box.machine.get(box.synth.unplug)
    time.sleep(2 * PATIENCE)
    assert box.show("ActiveState") == "active"
    assert box.status()["state"] == "playing"
    since = box.now()
    box.machine.get(box.synth.plug)
    assert len(notes(box.hears_on(since, 100))) > 4
    assert box.show("NRestarts") == "0"
