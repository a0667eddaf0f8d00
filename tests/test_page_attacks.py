"""Strangers at the page of a box, while a second client records its MIDI: they are refused or
cut, that is said once, and the beat does not stutter."""

import json
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drumatlas.play.clock_stats import ClockStats
from drumatlas.play.events import STOP
from support import page_attacks
from support.jack_server import Recorder, needs_jack, serving

pytestmark = needs_jack

BPM = 120
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


def attacked(kind: str, port: str) -> Any:
    command = [*page_attacks.COMMAND, kind, port]
    done = subprocess.run(
        command, cwd=page_attacks.COMMAND_FOLDER, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_attack_has_an_expected_result() -> None:
    assert set(EXPECTED) == set(page_attacks.ATTACKS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_strangers_are_refused_and_the_beat_goes_on(
    kind: str, recorder: Recorder, play: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    config = tmp_path / "box.toml"
    config.write_text(f'[web]\ntoken = "{TOKEN if kind == "no_token" else ""}"\n')
    recorder.client.open_virtual_port("synth")
    process = play(
        *("--midi-out", "recorder:synth", "--panel", "none", "--bpm", str(BPM)),
        *("--web", "127.0.0.1:0", "--config", str(config), "--state", "none"),
    )
    assert process.stderr is not None
    while not (found := re.match(r"page: http://127.0.0.1:(\d+)/", process.stderr.readline())):
        assert process.poll() is None, "it ended"
    time.sleep(1.5)
    began_ns = time.monotonic_ns()
    came_of_it = attacked(kind, found[1])
    ended_ns = time.monotonic_ns()
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=15)[1].splitlines()
    time.sleep(0.1)
    assert process.returncode == 0
    is_as_it_should, words = EXPECTED[kind]
    assert is_as_it_should(came_of_it), came_of_it
    told = [line for line in said if line.startswith("page: ")]
    assert max(Counter(told).values(), default=1) == 1
    for word in words:
        assert len([line for line in told if word in line]) == 1, (word, told)
    meanwhile = [event for event in recorder.events if began_ns <= event.at_ns < ended_ns]
    assert recorder.events[-1].data == STOP
    stats = ClockStats()
    for event in meanwhile:
        stats.feed(event.data, event.at_ns)
    report = stats.report()
    print(kind, came_of_it, told, report)
    assert report.clocks >= 0.9 * (ended_ns - began_ns) / 1e9 * BPM * 24 / 60
    assert report.missing + report.bunched == 0
    assert report.phase is None or report.phase.p99 < STEADY_US
