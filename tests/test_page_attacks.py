"""Strangers at the page of a box, while a second client records its MIDI: they are refused or
cut, that is said once, and the beat does not stutter."""

import json
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drumatlas.play.clock_stats import ClockReport, ClockStats
from drumatlas.play.events import STOP
from support import page_attacks
from support.jack_server import Recorder, needs_jack, serving

pytestmark = needs_jack

BPM = 120
TRIES = 3  # until the machine lets a box that nobody attacks keep time
MUCH_WORSE = 3  # p99 of the attacked box against that of the other, where neither is steady
STEADY_US = 10_000  # of a clock's period of 20,833; a stutter that one hears is 20,000 or more
TOKEN = "0123456789abcdef"

# What comes of each attack, and what the box says of it: one line each.
EXPECTED: dict[str, tuple[Callable[[Any], bool], list[str]]] = {
    "wrong_host": (lambda seen: set(seen) == {"421"}, ["a foreign Host"]),
    "foreign_origin": (lambda seen: set(seen) == {"403"}, ["a foreign Origin"]),
    "no_token": (lambda seen: set(seen) == {"403"}, ["token"]),
    "large_bodies": (lambda taken: max(taken) < 1, ["had a body"]),
    "large_messages": (lambda codes: set(codes) == {1009}, ["a page was cut"]),
    "slow_loris": (
        lambda seen: seen == {"cut": 40, "meanwhile": 200},
        ["never ended"],
    ),
    "garbage_frames": (
        lambda codes: set(codes) <= {"1002", "1007", "1008"} and codes["1008"] == 3,
        ["a page was cut: invalid opcode", "cut: too many bad messages", "can't be read"],
    ),
    "many_sockets": (
        lambda seen: seen["cut"] >= 140 and seen["has_state"] and seen["status"] == 200,
        ["sockets"],
    ),
    "pings": (lambda seen: seen["most"] < 24 and seen["served"] == 200, ["too many"]),
    "fragments": (lambda seen: seen["most"] < 24 and seen["served"] == 200, ["too many"]),
    "empty_messages": (lambda seen: seen["most"] < 24 and seen["served"] == 200, ["too many"]),
    "drops": (lambda seen: 0 < seen["said"]["landed"] <= 6 and seen["served"] == 200, []),
    "connections": (lambda seen: seen["served"] == 200, ["too many connections"]),
    "slow_readers": (lambda seen: seen["served"] == 200, []),
    "half_open": (lambda seen: seen["served"] == 200, ["sockets"]),
    "hands": (lambda seen: seen["said"]["state"] > 20 and seen["served"] == 200, []),
    "reloads": (lambda seen: seen["loads"] > 2 and seen["served"] == 200, []),
}


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    """A server that loses no message: else a clock that is missing may be the recorder's loss."""
    with serving(waits=True):
        yield


@pytest.fixture
def control(jack: None) -> Iterator[Recorder]:
    """Records the box that nobody attacks."""
    one = Recorder("control")
    yield one
    one.unplug()


Play = Callable[..., "subprocess.Popen[str]"]


@dataclass(frozen=True)
class Attack:
    """One attack: what the attacker saw, what the box said, and both clocks meanwhile."""

    seen: Any
    said: list[str]
    ns: int
    clock: ClockReport
    control: ClockReport

    @property
    def has_steady_control(self) -> bool:
        """Return whether the machine let the box that nobody attacked keep time."""
        return _is_steady(self.control)


def _is_steady(clock: ClockReport) -> bool:
    is_even = clock.phase is None or clock.phase.p99 < STEADY_US
    return is_even and clock.missing + clock.bunched == 0


def _is_like(clock: ClockReport, control: ClockReport) -> bool:
    """Return whether two clocks that may both be unsteady are of one kind."""
    if clock.phase is None or control.phase is None:
        return clock.phase is control.phase
    return clock.phase.p99 < max(MUCH_WORSE * control.phase.p99, STEADY_US)


def attacked(kind: str, port: str) -> Any:
    command = [*page_attacks.COMMAND, kind, port]
    done = subprocess.run(
        command, cwd=page_attacks.COMMAND_FOLDER, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def box(play: Play, output: str, *options: str) -> "subprocess.Popen[str]":
    fixed = ("--panel", "none", "--bpm", str(BPM), "--state", "none")
    return play("--midi-out", output, *fixed, *options)


def port_of(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    while not (found := re.match(r"page: http://127.0.0.1:(\d+)/", process.stderr.readline())):
        assert process.poll() is None, "it ended"
    return found[1]


def end(process: "subprocess.Popen[str]") -> list[str]:
    """Stop the box; returns what it said of its page."""
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=15)[1].splitlines()
    assert process.returncode == 0
    return [line for line in said if line.startswith("page: ")]


def clock_between(recorder: Recorder, began_ns: int, ended_ns: int) -> ClockReport:
    stats = ClockStats()
    for event in recorder.events:
        if began_ns <= event.at_ns < ended_ns:
            stats.feed(event.data, event.at_ns)
    return stats.report()


def attack(kind: str, recorder: Recorder, control: Recorder, play: Play, config: Path) -> Attack:
    """Attack one of two boxes for a while."""
    token = TOKEN if kind == "no_token" else ""
    config.write_text(f'[web]\ntoken = "{token}"\n')
    with_page = box(play, "recorder:in", "--web", "127.0.0.1:0", "--config", str(config))
    alone = box(play, "control:in")
    port = port_of(with_page)
    time.sleep(1.5)
    began_ns = time.monotonic_ns()
    seen = attacked(kind, port)
    ended_ns = time.monotonic_ns()
    said = end(with_page)
    end(alone)
    time.sleep(0.1)
    clocks = [clock_between(one, began_ns, ended_ns) for one in (recorder, control)]
    return Attack(seen, said, ended_ns - began_ns, *clocks)


def test_every_attack_has_an_expected_result() -> None:
    assert set(EXPECTED) == set(page_attacks.ATTACKS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_strangers_are_refused_and_the_beat_goes_on(
    kind: str, recorder: Recorder, control: Recorder, play: Play, tmp_path: Path
) -> None:
    for one in (recorder, control):
        one.client.open_virtual_port("in")
    is_as_it_should, words = EXPECTED[kind]
    for _ in range(TRIES):
        found = attack(kind, recorder, control, play, tmp_path / "box.toml")
        print(kind, found)
        assert is_as_it_should(found.seen), found.seen
        assert max(Counter(found.said).values(), default=1) == 1
        for word in words:
            assert len([line for line in found.said if word in line]) == 1, (word, found.said)
        assert recorder.events[-1].data == STOP
        if found.has_steady_control:
            break
    else:
        assert _is_like(found.clock, found.control)
        pytest.skip(f"no box keeps time on this machine: {found.control}")
    assert found.clock.clocks >= 0.9 * found.ns / 1e9 * BPM * 24 / 60
    assert _is_steady(found.clock)
