"""`drumatlas monitor` with a made-up port; tests/test_jack.py has it on a real one."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from drumatlas.cli import main
from drumatlas.cli.monitor import _first
from drumatlas.errors import PortError
from drumatlas.midi import choose
from drumatlas.play.events import CLOCK, START, STOP
from drumatlas.play.timeline import ns_per_tick

BEAT = [b"\x99\x24\x40", b"\x89\x24\x40"]
Message = tuple[bytes, int]


class FakePort:
    name = "fake:out"
    fault = ""
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


class Fake:
    """Stands for MIDI: a port that plays `messages` as soon as it is opened."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.inputs: list[str] = []
        self.opened: list[str] = []
        self.port = FakePort()

    def list_ports(self) -> tuple[str, list[str], list[str]]:
        return "fake", [], self.inputs

    def open_input(self, wanted: str, take: Callable[[bytes, int], None]) -> FakePort:
        self.opened.append(wanted)
        for data, at_ns in self.messages:
            take(data, at_ns)
        return self.port

    def play(self, bpm: float, n: int) -> None:
        ticks = [(CLOCK, 10**13 + round(i * ns_per_tick(bpm))) for i in range(n)]
        notes = [(data, 10**13) for data in BEAT]
        self.messages = [(START, 10**13 - 1_000_000), *notes, *ticks, (STOP, ticks[-1][1] + 1)]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    one = Fake()
    monkeypatch.setattr(choose, "list_ports", one.list_ports)
    monkeypatch.setattr(choose, "open_input", one.open_input)
    return one


def table(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["monitor", "fake", "--seconds", "0.1", "--json", *options]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    found: dict[str, Any] = json.loads(out)
    return found


def test_json_is_one_object_and_nothing_else(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.play(120.012, 480)
    found = table(capsys)
    clock = found["clock"]
    assert found["port"] == "fake:out"
    assert found["seconds"] >= 0.1
    assert clock["count"] == 480
    assert clock["bpm"] == pytest.approx(120.012, abs=1e-4)
    assert clock["ppm"] == pytest.approx(-100, abs=0.1)
    assert (clock["against_bpm"], clock["against"]) == (120, "nearest")
    for errors in (clock["phase"], clock["interval"]):
        assert 0 <= errors["p50"] <= errors["p99"] <= errors["max"] < 0.01
    assert [clock[k] for k in ("missing", "bunched", "pauses", "tempo_changes")] == [0, 0, 0, 0]
    counts = {k: found[k] for k in ("starts", "continues", "stops", "note_ons", "note_offs")}
    assert counts == {"starts": 1, "continues": 0, "stops": 1, "note_ons": 1, "note_offs": 1}
    assert fake.port.is_closed


def test_drift_is_measured_against_the_given_tempo(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.play(120, 480)
    clock = table(capsys, "--bpm", "121")["clock"]
    assert clock["ppm"] == pytest.approx(1e6 / 120, rel=1e-4)  # slow
    assert (clock["against_bpm"], clock["against"]) == (121, "--bpm")
    assert main(["monitor", "fake", "--seconds", "0.1", "--bpm", "119"]) == 0
    assert "8333.3 ppm fast compared with 119 (--bpm)" in capsys.readouterr().out


def test_the_summary_is_on_stdout_and_talk_on_stderr(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.play(99.99, 480)
    fake.messages[200:203] = []
    assert main(["monitor", "fake", "--seconds", "0.1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("fake:out: 477 clocks in 0.1 s\n")
    assert "tempo: 99.9900 BPM, 100.0 ppm slow compared with 100 (the nearest whole number)" in out
    assert "phase error, us: p50 0, p99 0, max 0\n" in out
    assert "interval deviation, us: p50 0, p99 0, max 0\n" in out
    assert "missing 3, bunched 0, pauses 0, tempo changes 0\n" in out
    assert "starts 1, continues 0, stops 1; 1 note-ons, 1 note-offs\n" in out
    assert err == "listening to fake:out; press Ctrl-C to stop\n"


def test_every_second_has_its_line(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.play(120, 480)
    fake.messages[100:101] *= 2
    assert main(["monitor", "fake", "--seconds", "2.2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" s ")[0].strip() for line in lines[:3]] == ["1", "2", lines[2]]
    assert "120.000 BPM  0.0 ppm" in lines[0]
    assert "missing 0, bunched 1" in lines[0]


def test_on_a_terminal_the_line_is_overwritten_and_fits(
    fake: Fake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.play(120, 480)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["monitor", "fake", "--seconds", "1.2"]) == 0
    line, rest = capsys.readouterr().out.split("\n", 1)
    assert line.startswith("\r   1 s   120.000 BPM")
    assert len(line) == 1 + 39
    assert rest.startswith("fake:out: 480 clocks")


def test_without_a_clock_it_ends_with_one_line(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.messages = [(data, 10**13) for data in BEAT]
    assert main(["monitor", "fake", "--seconds", "1.1"]) == 0
    out = capsys.readouterr().out
    assert out == "no clock received from fake:out in 1.1 s; 1 note-ons, 1 note-offs\n"
    clock = table(capsys)["clock"]
    assert clock["count"] == 0
    assert clock["bpm"] is clock["ppm"] is clock["phase"] is clock["interval"] is None


def test_too_few_clocks_give_no_tempo(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.play(120, 5)
    assert main(["monitor", "fake", "--seconds", "0.1"]) == 0
    assert "fake:out: 5 clocks" in (out := capsys.readouterr().out)
    assert "too few clocks" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_the_summary(
    fake: Fake, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    fake.play(120, 480)
    before = signal.getsignal(number), sys.getswitchinterval()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), number))
    timer.start()
    began = time.monotonic()
    assert main(["monitor", "fake"]) == 0
    timer.join()
    assert time.monotonic() - began >= 0.3
    assert "480 clocks" in capsys.readouterr().out
    assert fake.port.is_closed
    assert (signal.getsignal(number), sys.getswitchinterval()) == before


def test_an_unplugged_port_is_reported_once(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.play(120, 480)
    fake.port.fault = "fake:out: unplugged"
    timer = threading.Timer(0.2, setattr, (fake.port, "fault", ""))
    timer.start()
    assert main(["monitor", "fake", "--seconds", "0.4"]) == 0
    timer.join()
    assert capsys.readouterr().err.splitlines()[1:] == ["fake:out: unplugged", "fake:out is back"]


@pytest.mark.parametrize(
    ("inputs", "first"),
    [
        (["Midi Through:Midi Through Port-0", "DAW:Sync", "Volca:MIDI 1"], "DAW:Sync"),
        (["Midi Through:Midi Through Port-0"], "virtual"),
        ([], "virtual"),
    ],
)
def test_the_first_port_is_heard_where_none_is_named(
    fake: Fake, inputs: list[str], first: str
) -> None:
    assert _first(inputs) == first
    fake.inputs = inputs
    assert main(["monitor", "--seconds", "0.05"]) == 0
    assert main(["monitor", "virtual", "--seconds", "0.05"]) == 0
    assert fake.opened == [first, "virtual"]


@pytest.mark.parametrize("name", ["Moog", "none"])
def test_a_port_that_is_not_there_is_one_line_and_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    def missing(wanted: str, take: object) -> None:
        if wanted != "none":
            raise PortError(f"MIDI input '{wanted}' is not there; inputs: none")

    monkeypatch.setattr(choose, "open_input", missing)
    assert main(["monitor", name, "--seconds", "1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert f"'{name}'" in err
