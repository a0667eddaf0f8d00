"""The box, or the process that sends for it, is stopped or killed, or gets no more memory."""

import contextlib
import itertools
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.play.events import CLOCK, CONTINUE, SONG_POSITION, START, STOP, Event
from faults.box import (
    CLOCKS_S,
    FASTEST_NS,
    RASTER_NS,
    SYNTH,
    densest,
    end,
    goes_on,
    is_left_clean,
    notes_end,
    since,
)
from support.jack_server import Recorder, needs_jack
from support.recordings import clocks, hanging
from support.waiting import until

pytestmark = needs_jack
Play = Callable[..., "subprocess.Popen[str]"]


class TestStopped:
    """SIGSTOP for 3 s, then SIGCONT."""

    @pytest.mark.parametrize("whole", [False, True], ids=["the box", "and its sender"])
    def test_no_burst_no_hanging_note_and_the_beat_goes_on(
        self, synth: Recorder, play: Play, config: tuple[str, str], whole: bool
    ) -> None:
        process = play(*SYNTH, *config)
        synth.wait_for(CLOCK)
        time.sleep(0.5)
        stopped = [process.pid, *(_children(process.pid) if whole else [])]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(3)
        began_ns = time.monotonic_ns()
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
        after = since(synth, began_ns, 1)
        took_s = (time.monotonic_ns() - began_ns) / 1e9
        assert densest(after) > FASTEST_NS * 0.6, "clocks bunch"
        assert len(clocks(after)) < CLOCKS_S * took_s + 12, "what was missed is made up for"
        goes_on(synth)
        end(process, synth)


def _children(pid: int) -> list[int]:
    """Of any of its threads."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for file in files for word in file.read_text(encoding="ascii").split()]


class TestKilled:
    """SIGKILL, and started again as a service manager does."""

    def test_panic_first_and_the_same_beat(
        self,
        synth: Recorder,
        play: Play,
        tmp_path: Path,
        gate: float,
        config: tuple[str, str],
    ) -> None:
        script = tmp_path / "go.jsonl"
        script.write_text(
            '{"t": 1, "press": "next_genre"}\n{"t": 1, "control": "x1", "value": 0.9}'
        )
        state = ("--state", str(tmp_path / "state"), *config)
        process = play(*SYNTH, *state, "--bpm", "240", "--panel", f"script:{script}")
        synth.wait_for(CLOCK)
        until(lambda: len(_bars(synth.events, 240)) >= 2)
        bars = _bars(synth.events, 240)
        process.kill()
        process.wait()
        synth.wait_for(STOP)
        is_left_clean(synth)
        notes_end(synth.events, gate, 240)
        synth.events.clear()
        again = play(*SYNTH, *state, "--bpm", "240")
        synth.wait_for(START)
        until(lambda: _bars(synth.events, 240))
        assert synth.events[0].data == bytes((0xB9, 123, 0))
        first, then, now = set(bars[0]), set(bars[1]), set(_bars(synth.events, 240)[0])
        # A machine that is very busy may leave out a note.
        assert len(then ^ now) <= 2, "another beat"
        assert len(first ^ now) > 5, "nothing was there to be kept"
        end(again, synth)


def _bars(events: list[Event], bpm: float) -> list[list[tuple[int, int]]]:
    """Two whole bars a list, as (clock, note); notes may lie either side of their clock."""
    found: dict[int, list[tuple[int, int]]] = {}
    tick = -1
    at = 0
    period = 60e9 / bpm / 24
    for event in itertools.dropwhile(lambda one: one.data != START, events):
        if event.data == CLOCK:
            tick, at = tick + 1, event.at_ns
        elif event.data[0] == 0x99:
            step = round((tick + (event.at_ns - at) / period) / 6)
            found.setdefault(step // 32, []).append((step % 32, event.data[1]))
    return [sorted(found[n]) for n in range(max(found, default=0))]


class TestSender:
    """The process that sends, on systems without ALSA."""

    def test_a_sender_that_dies_is_replaced(
        self, synth: Recorder, play: Play, gate: float, config: tuple[str, str]
    ) -> None:
        """Another one is started: panic first, then its place, and the beat goes on."""
        process = play(*SYNTH, "--state", "none", *config)
        synth.wait_for(CLOCK)
        time.sleep(0.5)
        (sender,) = _children(process.pid)
        killed_ns = time.monotonic_ns()
        os.kill(sender, signal.SIGKILL)
        synth.wait_for(CONTINUE)
        until(lambda: clocks(synth.events)[-1] > killed_ns + 1_000_000_000)
        since_then = [event for event in synth.events if event.at_ns > killed_ns + RASTER_NS * 2]
        assert since_then[0].data == bytes((0xB9, 123, 0))
        heard = [event.data for event in since_then]
        place, first = heard.index(CONTINUE), heard.index(CLOCK)
        assert heard[place - 1][0] == SONG_POSITION
        assert place < first
        assert not any(data[0] == 0x99 for data in heard[:first])
        clocks_s = [(at - killed_ns) / 1e9 for at in clocks(since_then)]
        assert clocks_s[0] < 3  # a process of Python is started on a machine that may be busy
        goes_on(synth)
        notes_end(since_then, gate)
        assert "the sending process ended" in end(process, synth)

    def test_a_sender_that_hangs_until_its_pipe_is_full_is_replaced(
        self, synth: Recorder, play: Play, config: tuple[str, str]
    ) -> None:
        """The performer does not wait for it: what does not read is ended, another is started."""
        process = play(*SYNTH, "--state", "none", "--bpm", "300", *config)
        synth.wait_for(CLOCK)
        (sender,) = _children(process.pid)
        os.kill(sender, signal.SIGSTOP)
        deadline = time.monotonic() + 60
        while sender in _children(process.pid):
            assert time.monotonic() < deadline, "it is waited for"
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=15)
        assert process.returncode == 0
        assert "the sending process ended" in said
        until(lambda: not hanging(synth.events))


def test_without_memory_for_a_sender_the_box_says_so(
    synth: Recorder, play: Play, tmp_path: Path
) -> None:
    """From some time on the system gives it none, while knobs turn.

    numpy (2.4.6) may crash then: where an operation on more than 500 cells gets no buffer,
    NpyIter_Reset raises MemoryError without holding Python's lock. The sender ends the notes.
    """
    script = tmp_path / "turn.jsonl"
    lines = [{"t": t / 10, "control": "x1", "value": t % 10 / 10} for t in range(100)]
    script.write_text("\n".join(map(json.dumps, lines)))
    process = play(*SYNTH, "--state", "none", "--panel", f"script:{script}")
    synth.wait_for(CLOCK)
    time.sleep(1)
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize()
    resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))
    time.sleep(2)
    if process.poll() is None:
        with contextlib.suppress(AssertionError):
            goes_on(synth, 2)
            end(process, synth)
            return
    assert process.wait(10) == -signal.SIGSEGV
    is_left_clean(synth)
