"""The terminal panel in a real pseudo-terminal, used as a newcomer would."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.beat.smf import read_drums
from drumatlas.engine import Engine
from drumatlas.explore.controls import BUTTONS, VALUES, Press, Turn
from drumatlas.panel.keys import PRESSES, TURNS, grid_lines, status_lines
from drumatlas.play.settings import PlaySettings


def test_every_key_stands_for_a_control_of_the_contract() -> None:
    assert {control for control, _ in TURNS.values()} == set(VALUES)
    assert set(PRESSES.values()) == set(BUTTONS)
    assert not set(TURNS) & set(PRESSES)


DOWN_KEYS = "KEY_LEFT a KEY_DOWN d h k y i c b B [ { ; : A D H K Y I - _"
UP_KEYS = "KEY_RIGHT s KEY_UP f j l u o v m M ] } ' \" S F J L U O + ="
TURNED = (
    "x1 x1 x2 x2 x3 x4 density swing chaos humanize accent map_x map_y morph morph_y density.kick "
    "density.snare density.hats density.toms density.cymbals density.percussion tempo tempo"
)
PRESSED = (
    "play tap fill freeze wander novelty next_genre prev_genre panic undo keep learn "
    "load_a load_b load_c load_d save_a save_b save_c save_d"
)


def test_keys_are_not_reassigned() -> None:
    downs, ups, names = DOWN_KEYS.split(), UP_KEYS.split(), TURNED.split()
    turns = {key: (name, -1) for key, name in zip(downs, names, strict=True)}
    turns |= {key: (name, 1) for key, name in zip(ups, names, strict=True)}
    presses = dict(zip(" tzxwn.,prge1234!@#$", PRESSED.split(), strict=True))
    assert turns.items() <= TURNS.items()  # further controls may have further keys
    assert presses.items() <= PRESSES.items()


def test_the_grid_shows_hits_where_they_are(atlas: Atlas) -> None:
    engine = Engine(atlas, PlaySettings(), [], 0)
    lines = grid_lines(engine, 0)
    assert len(lines) == 15
    kick = re.sub(r"\s", "", lines[13].removeprefix("kick "))
    hits = [step for step, mark in enumerate(kick) if mark != "·"]
    code = engine.explorer.pattern.code
    assert hits == [step for step in range(32) if code[step] & 1]
    assert "^" not in lines[14]  # stopped


def test_the_status_names_genre_and_flags(atlas: Atlas) -> None:
    engine = Engine(atlas, PlaySettings(bpm=99), [], 0)
    engine.explorer.go_to_genre(0)
    engine.handle(Turn("density", 0.25), 0)
    engine.handle(Press("freeze"), 0)
    engine.flags["learning"] = True  # for lamps; the notice says it in words
    engine.set_notice("keep", "kept a.mid")
    text = "\n".join(status_lines(engine))
    first = text.splitlines()[0]
    assert "  frozen " in first
    assert first.endswith(" kept a.mid")
    assert "99.0 BPM" in text
    assert "density 0.25" in text
    assert any(genre.name in text for genre in atlas.genres)


class PseudoTerminal:
    """`drumatlas play` in a terminal of 100 x 40."""

    def __init__(self, *options: str) -> None:
        master, slave = pty.openpty()
        environment = os.environ | {"TERM": "xterm", "LINES": "40", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "drumatlas", "play", *options],
            stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True,
            # Its own session with this terminal, so that Ctrl-C becomes a signal.
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )  # fmt: skip
        os.close(slave)
        self._master = master
        self.text = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, pattern: str, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.text[-2000:]!r}"
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self._master, 65536).decode(errors="replace")
                except OSError:  # the program ended
                    break
        assert re.search(pattern, self.text), self.text[-2000:]

    def hang_up(self) -> None:
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self._master >= 0:
            os.close(self._master)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    one = PseudoTerminal("--midi-out", f"file:{tmp_path / 'take.mid'}", "--web", "off")
    yield one
    one.close()


def test_keys_play_travel_and_quit(terminal: PseudoTerminal, tmp_path: Path) -> None:
    terminal.wait_for(r"playing.*120\.0 BPM")
    terminal.wait_for("kick")
    terminal.type("+++")
    terminal.wait_for("3")  # curses sends what changed: 120 -> 123
    terminal.type("x")
    terminal.wait_for("frozen")
    terminal.type(" ")
    terminal.wait_for("stopped")
    terminal.type("q")
    assert terminal.process.wait(10) == 0
    assert read_drums((tmp_path / "take.mid").read_bytes()).notes


def test_ctrl_c_ends_cleanly(terminal: PseudoTerminal, tmp_path: Path) -> None:
    terminal.wait_for("playing")
    terminal.type("\x03")
    assert terminal.process.wait(10) == 0
    assert read_drums((tmp_path / "take.mid").read_bytes()).ticks_per_beat == 480
    assert "Traceback" not in terminal.text


def test_closing_the_terminal_ends_it(terminal: PseudoTerminal, tmp_path: Path) -> None:
    terminal.wait_for("playing")
    terminal.hang_up()
    terminal.process.wait(10)
    assert read_drums((tmp_path / "take.mid").read_bytes()).ticks_per_beat == 480


def test_sighup_in_a_terminal_that_stays_reloads(terminal: PseudoTerminal) -> None:
    terminal.wait_for("playing")
    terminal.process.send_signal(signal.SIGHUP)
    terminal.type("x")
    terminal.wait_for("frozen")
    terminal.type("q")
    assert terminal.process.wait(10) == 0
