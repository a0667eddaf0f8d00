"""A box as its owner uses it: switched off and on, told to keep, told to reload."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drumatlas.beat.smf import read_drums
from drumatlas.cli import main

MOVES = [
    {"t": 0.1, "press": "next_genre"},
    {"t": 0.2, "control": "tempo", "value": 1.0},
    {"t": 0.3, "press": "save_d"},
    {"t": 2.2, "press": "keep"},
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moves.jsonl").write_text("\n".join(map(json.dumps, MOVES)))
    return tmp_path


def state(here: Path) -> dict[str, object]:
    entry: dict[str, object] = json.loads((here / "box" / "state.json").read_text())
    return entry


def test_it_goes_on_where_it_was_left(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play = ["play", "--midi-out", "none", "--state", "box"]
    assert main([*play, "--panel", "script:moves.jsonl", "--seconds", "2.6"]) == 0
    left = state(here)
    assert left["bpm"] == 240
    assert "d" in left["snapshots"]  # type: ignore[operator]
    take = read_drums((here / "box" / "keep-001.mid").read_bytes())
    assert take.notes
    assert take.notes[-1][0] < 8 * 4 * 480
    assert "saved the last bars: box/keep-001.mid" in capsys.readouterr().err
    assert main([*play, "--panel", "none", "--seconds", "0.2"]) == 0
    assert state(here) == left
    (here / "more.jsonl").write_text('{"t": 0.1, "control": "x1", "value": 0.9}')
    assert main([*play, "--panel", "script:more.jsonl", "--seconds", "0.5"]) == 0
    assert state(here) != left
    (here / "box" / "state.json").write_text("{")
    assert main([*play, "--panel", "none", "--seconds", "0.2"]) == 0
    assert "using the file before it, box/state.previous.json" in capsys.readouterr().err
    assert state(here) == left  # and it is whole again


HANDS = [
    {"t": 0, "wire": "mcp0:3", "value": 1.0},
    {"t": 0.2, "wire": "pin:16", "value": 1},
    {"t": 0.3, "wire": "pin:16", "value": 0},
]


def test_a_wiring_is_played_without_hardware(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "box.toml").write_text('[gpio]\ntempo = "mcp0:3"\nx4 = ""\nplay = "pin:16"\n')
    (here / "hands.jsonl").write_text("\n".join(map(json.dumps, HANDS)))
    play = ["play", "--config", "box.toml", "--state", "box", "--no-start", "--web", "off"]
    out = ["--midi-out", "file:take.mid", "--seconds", "1.5"]
    assert main([*play, "--panel", "gpio:fake:hands.jsonl", *out]) == 0
    assert state(here)["bpm"] == 240
    assert read_drums((here / "take.mid").read_bytes()).notes
    said = capsys.readouterr().err
    assert "tempo mcp0:3" in said
    assert "play pin:16" in said
    (here / "hands.jsonl").write_text('{"t": 0, "wire": "pin:17", "value": 1}')
    assert main([*play, "--panel", "gpio:fake:hands.jsonl", *out]) == 2
    assert "hands.jsonl, line 1: no input is wired to pin:17" in capsys.readouterr().err
    assert main([*play, "--panel", "gpio:fake", "--panel", "gpio", *out]) == 2
    assert "choose one of gpio, gpio:fake" in capsys.readouterr().err


def test_without_a_folder_it_plays_all_the_same(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_text("")
    play = ["play", "--midi-out", "none", "--panel", "script:moves.jsonl", "--seconds", "2.3"]
    assert main([*play, "--state", "file"]) == 2
    assert "file: is a file" in capsys.readouterr().err
    monkeypatch.setenv("STATE_DIRECTORY", str(here / "file" / "inside"))
    assert main(play) == 0
    said = capsys.readouterr().err
    assert "nothing will be saved" in said
    assert "keep: no folder for takes" in said


class Process:
    """`drumatlas play` without a terminal, as a service has it."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "drumatlas", "play", "--panel", "none", *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr
        with self._process.stderr as lines:
            for line in lines:
                self.said += line

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in self.said:
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)

    def send(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def end(self) -> int:
        self.send(signal.SIGTERM)
        code = self._process.wait(20)
        self._reader.join()
        return code

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


@pytest.fixture
def process() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(*options: str) -> Process:
        started.append(Process(*options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_sighup_reloads_and_a_bad_file_keeps_the_last_good_one(
    here: Path, process: Callable[..., Process]
) -> None:
    config = here / "box.toml"
    config.write_text("[voices.kick]\nnote = 20\n")
    one = process("--config", str(config), "--midi-out", "file:take.mid", "--bpm", "200")
    one.wait_for("Ctrl-C stops")
    time.sleep(1)
    config.write_text("[voices.kick]\nnote = 200\n")
    one.send(signal.SIGHUP)
    one.wait_for("box.toml, line 2: voices.kick.note = 200")
    assert "the last good configuration stays" in one.said
    config.write_text("[voices.kick]\nnote = 21\nvelocity_min = 9\nvelocity_max = 9\n")
    one.send(signal.SIGHUP)
    time.sleep(2)
    assert one.end() == 0
    assert "Traceback" not in one.said
    notes = read_drums((here / "take.mid").read_bytes()).notes
    kicks = [(note, loud) for _, note, loud in notes if note in {20, 21}]
    change = next(i for i, (note, _) in enumerate(kicks) if note == 21)
    assert change > 0
    assert set(kicks[change:]) == {(21, 9)}
    assert all(note == 20 for note, _ in kicks[:change])
