"""End to end: `drumatlas play` as a process, against a real MIDI system, heard by a second client.

JACK's dummy driver needs neither a sound card nor ALSA; it delivers on the raster of its period
(2.7 ms), so this is about what is sent and in which order, not about jitter.
"""

import itertools
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.play.clock_stats import ClockReport, ClockStats
from drumatlas.play.events import CLOCK, START, STOP, Event
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.own_clock import FAULT
from support.jack_server import Recorder, jack_client, needs_jack
from support.recordings import hanging, longest_s
from support.waiting import until

pytestmark = needs_jack

Play = Callable[..., "subprocess.Popen[str]"]

BPM = 150
RASTER_NS = 2_700_000  # one period of the dummy driver


def checked(
    recorder: Recorder, check_stream: Callable[..., Counter[str]]
) -> tuple[Counter[str], list[Event]]:
    """The stream, from Start on, held to the promises. Arrival times lie on JACK's raster, so
    spacing is checked apart; here each event gets a made-up time that keeps the order."""
    events = list(itertools.dropwhile(lambda e: e.data[0] & 0xF0 == 0xB0, recorder.events))
    in_order = [Event(i * 10_000_000, event.data) for i, event in enumerate(events)]
    return check_stream(in_order), events


def test_a_virtual_port_is_played_and_left_clean(
    recorder: Recorder, play: Play, tmp_path: Path, check_stream: Callable[..., Counter[str]]
) -> None:
    script = tmp_path / "go.jsonl"
    # Start once the recorder listens; then travel.
    script.write_text(
        '{"t": 1.5, "press": "play"}\n{"t": 2.5, "control": "x1", "value": 0.9}\n'
        '{"t": 3, "press": "next_genre"}\n'
    )
    process = play(
        "--midi-out", "virtual", "--no-start", "--bpm", str(BPM), "--panel", f"script:{script}"
    )
    recorder.listen_to("drumatlas")
    recorder.wait_for(START)
    time.sleep(2.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    recorder.wait_for(STOP)
    counts, events = checked(recorder, check_stream)
    assert events[0].data == START
    assert events[1].data == CLOCK
    assert events[-1].data == STOP
    assert counts["fa"] == counts["fc"] == 1
    assert counts["90"] == counts["80"] > 10
    clocks = [event.at_ns for event in events if event.data == CLOCK]
    assert clocks[0] - events[0].at_ns >= 1_000_000
    expected = (events[-1].at_ns - clocks[0]) / 1e9 * BPM / 60 * 24
    assert abs(len(clocks) - expected) <= 2
    # Notes leave with clocks, never between: the nearest clock is within two periods.
    ons = [event.at_ns for event in events if event.data[0] == 0x99]
    away = sorted(min(abs(on - clock) for clock in clocks) for on in ons)
    assert away[len(away) // 2] < 2 * RASTER_NS


def test_a_named_port_is_found_and_hears_panic_before_start(
    recorder: Recorder, play: Play, check_stream: Callable[..., Counter[str]]
) -> None:
    recorder.client.open_virtual_port("synth")
    process = play("--midi-out", "recorder:synth", "--panel", "none", "--seconds", "1")
    assert process.wait(15) == 0
    recorder.wait_for(STOP)
    kinds = [event.data[:2] for event in recorder.events[:2]]
    assert kinds == [bytes((0xB9, 123)), bytes((0xB9, 120))]
    counts, events = checked(recorder, check_stream)
    assert events[-1].data == STOP
    assert 46 <= counts["f8"] <= 54  # a second at 120 BPM, and a look-ahead more


def test_start_is_a_millisecond_ahead_of_the_first_clock(recorder: Recorder, play: Play) -> None:
    recorder.client.open_virtual_port("synth")
    process = play("--midi-out", "recorder:synth", "--panel", "none", "--seconds", "0.3")
    assert process.wait(15) == 0
    start = next(event.at_ns for event in recorder.events if event.data == START)
    clock = next(event.at_ns for event in recorder.events if event.data == CLOCK)
    assert 1_000_000 <= clock - start < START_LEAD_NS + 3 * RASTER_NS


@pytest.mark.parametrize("gate", [0.5, 4])
def test_a_killed_run_leaves_no_note_behind_for_the_next(
    recorder: Recorder, play: Play, tmp_path: Path, gate: float
) -> None:
    config = tmp_path / "gate.toml"
    config.write_text(f"[play]\ngate = {gate}")
    recorder.client.open_virtual_port("synth")
    process = play("--midi-out", "recorder:synth", "--panel", "none", "--config", str(config))
    recorder.wait_for(CLOCK)
    until(lambda: hanging(recorder.events))
    process.kill()
    process.wait()
    recorder.wait_for(STOP)  # the delivering process ends what the killed one left
    assert longest_s(recorder.events) < gate * 0.125 + 0.25
    assert not hanging(recorder.events)
    recorder.events.clear()
    again = play("--midi-out", "recorder:synth", "--panel", "none", "--seconds", "0.3")
    assert again.wait(15) == 0
    assert recorder.events[0].data == bytes((0xB9, 123, 0))


def test_it_follows_a_leader(recorder: Recorder, play: Play) -> None:
    recorder.client.open_virtual_port("synth")
    leader = jack_client("leader", output=True)
    leader.open_virtual_port("out")
    try:
        options = ["--clock", "external", "--midi-in", "leader:out", "--panel", "none"]
        process = play(*options, "--midi-out", "recorder:synth", "--seconds", "10")
        assert process.stderr is not None
        while "Ctrl-C stops" not in process.stderr.readline():  # panic comes long before
            assert process.poll() is None
        time.sleep(1)
        period = 60 / 100 / 24
        sent: list[float] = []
        leader.send_message([0xFA])
        began = time.monotonic() + 0.01
        for tick in range(24 * 6):
            time.sleep(max(began + tick * period - time.monotonic(), 0))
            sent.append(time.monotonic())
            leader.send_message([0xF8])
        leader.send_message([0xFC])
        stopped = time.monotonic()
        time.sleep(0.5)
    finally:
        leader.close_port()
        leader.delete()
    ons = [event.at_ns / 1e9 for event in recorder.events if event.data[0] == 0x99]
    assert ons
    assert sent[0] <= ons[0] < sent[0] + 0.2  # on the first clock, or a step or so into the beat
    assert max(ons) < stopped + 0.05
    steps = [sent[tick] for tick in range(0, len(sent), 6)]
    away = sorted(min(abs(on - step) for step in steps) for on in ons)
    assert away[len(away) // 2] < 0.015  # the raster of two JACK clients, and a busy machine
    assert not any(event.data == CLOCK for event in recorder.events)  # no thru unless asked


def test_a_missing_port_is_an_error_that_lists_the_ports(recorder: Recorder, play: Play) -> None:
    recorder.client.open_virtual_port("synth")
    process = play("--midi-out", "Moog", "--panel", "none")
    assert process.wait(15) == 2
    assert process.stderr is not None
    err = process.stderr.read()
    assert err.count("\n") == 1
    assert "'Moog'" in err
    assert "synth" in err


def test_ports_are_listed(recorder: Recorder) -> None:
    recorder.client.open_virtual_port("synth")
    command = [sys.executable, "-m", "drumatlas", "ports"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "out\trecorder:synth" in out


def faults(clock: ClockReport) -> tuple[int, int, int]:
    return clock.missing, clock.pauses, clock.tempo_changes


def test_monitor_measures_what_play_sends(patient_recorder: Recorder, play: Play) -> None:
    """The recorder hears the same port. A machine that stalls delays the box, and both hear it."""
    recorder = patient_recorder
    box = play("--midi-out", "virtual", "--panel", "none", "--bpm", str(BPM))
    recorder.listen_to("drumatlas")
    recorder.wait_for(CLOCK)
    command = [sys.executable, "-m", "drumatlas", "monitor", "drumatlas:out", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as monitor:
        assert monitor.stderr is not None
        assert "listening to drumatlas:out" in monitor.stderr.readline()
        time.sleep(3)
        monitor.send_signal(signal.SIGTERM)
        found = json.loads(monitor.communicate()[0])
    assert monitor.returncode == 0
    clock = found["clock"]
    assert clock["count"] == pytest.approx(found["seconds"] * BPM / 60 * 24, abs=4)
    assert clock["bpm"] == pytest.approx(BPM, rel=1e-3)
    assert clock["against_bpm"] == BPM
    box.send_signal(signal.SIGTERM)
    assert box.wait(10) == 0
    stats = ClockStats()
    for event in recorder.events:
        stats.feed(event.data, event.at_ns)
    measured = clock["missing"], clock["pauses"], clock["tempo_changes"]
    assert all(a <= b for a, b in zip(measured, faults(stats.report()), strict=True))
    assert clock["phase"]["p50"] * 1000 < RASTER_NS
    assert found["note_ons"] > 5


def test_its_own_clock_that_comes_back_is_not_followed(recorder: Recorder, play: Play) -> None:
    """Output to input by a program between them, as by a synth's MIDI thru."""
    import rtmidi

    recorder.client.open_virtual_port("synth")
    thru_out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="thru")
    thru_out.open_virtual_port("out")
    recorder.passes_on = lambda data: thru_out.send_message(list(data))
    try:
        process = play(
            *("--clock", "auto", "--midi-in", "thru:out", "--midi-out", "recorder:synth"),
            *("--panel", "none", "--seconds", "5", "--state", "none"),
        )
        said = process.communicate(timeout=30)[1]
    finally:
        recorder.passes_on = lambda _: None
        thru_out.close_port()
        thru_out.delete()
    assert process.returncode == 0
    assert said.count(FAULT) >= 1
    transport = [event.data for event in recorder.events if event.data in {START, STOP}]
    assert transport == [START, STOP]
    clocks = [event.at_ns for event in recorder.events if event.data == CLOCK]
    assert abs(len(clocks) - 5 * 48) <= 12
    assert max(b - a for a, b in itertools.pairwise(clocks)) < 100_000_000
    assert any(event.data[0] == 0x99 for event in recorder.events[-60:])
