"""The fault matrix: parts are taken away or broken while a second client records the MIDI.

What must hold whatever happens: the beat goes on, every note ends, clocks keep their distance, and
what is wrong is told.
"""

import ast
import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drumatlas.beat.smf import read_drums
from drumatlas.play.events import CLOCK, CONTINUE, SONG_POSITION, START, STOP, Event
from drumatlas.service.atlas import FILE as OWN_ATLAS
from drumatlas.service.state import FILE as STATE
from jack import Recorder

jack_only = [
    pytest.mark.jack,
    pytest.mark.skipif(not shutil.which("jackd"), reason="no jackd; apt install jackd2"),
]
Play = Callable[..., "subprocess.Popen[str]"]
BPM = 120
CLOCKS_S = BPM * 24 / 60  # clocks a second
FASTEST_NS = 60e9 / (300 * 24)  # between two clocks
RASTER_NS = 2_700_000  # of JACK's dummy driver
SYNTH = ("--midi-out", "recorder:synth", "--panel", "none", "--bpm", str(BPM))


@pytest.fixture
def synth(recorder: Recorder) -> Recorder:
    recorder.client.open_virtual_port("synth")
    return recorder


def clocks(events: list[Event]) -> list[int]:
    return [event.at_ns for event in events if event.data == CLOCK]


def still_sounding(events: list[Event]) -> set[int]:
    sounding: set[int] = set()
    for event in events:
        if event.data[0] & 0xE0 == 0x80:
            (sounding.add if event.data[0] & 0x10 else sounding.discard)(event.data[1])
        elif event.data[0] & 0xF0 == 0xB0 and event.data[1] in {120, 123}:
            sounding.clear()
    return sounding


def densest(events: list[Event], count: int = 6) -> float:
    """The shortest time (ns) that `count` clocks in a row took, each."""
    at = clocks(events)
    return min((b - a) / count for a, b in zip(at, at[count:], strict=False))


def since(recorder: Recorder, from_ns: int, seconds: float) -> list[Event]:
    """What comes in the next `seconds`, told from `from_ns` on."""
    time.sleep(seconds)
    return [event for event in recorder.events if event.at_ns >= from_ns]


def goes_on(recorder: Recorder, seconds: float = 1, tries: int = 8) -> None:
    """Clocks come at the tempo from now on, and notes.

    A machine that other work holds up may lose clocks in one look; a beat that went wrong does
    in all of them.
    """
    for left in reversed(range(tries)):
        began_ns = time.monotonic_ns()
        events = since(recorder, began_ns, seconds)
        took_s = (time.monotonic_ns() - began_ns) / 1e9  # on a busy machine more than `seconds`
        came, due = len(clocks(events)), CLOCKS_S * took_s
        if abs(came - due) <= 6 and any(event.data[0] == 0x99 for event in events):
            return
        assert left, f"{came} clocks of {due:.0f} in {took_s:.1f} s, {len(events)} events"


def end(process: "subprocess.Popen[str]", recorder: Recorder) -> str:
    """Stop it as a service is stopped; what it said."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=15)
    time.sleep(0.1)
    assert process.returncode == 0, said
    assert recorder.events[-1].data == STOP
    assert not still_sounding(recorder.events)
    return said


class TestStopped:
    """SIGSTOP for 3 s, then SIGCONT."""

    pytestmark = jack_only

    @pytest.mark.parametrize("whole", [False, True], ids=["the box", "and its sender"])
    def test_no_burst_no_hanging_note_and_the_beat_goes_on(
        self, synth: Recorder, play: Play, whole: bool
    ) -> None:
        process = play(*SYNTH)
        synth.wait_for(CLOCK)
        time.sleep(1.5)
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

    pytestmark = jack_only

    def test_panic_first_and_the_same_beat(
        self, synth: Recorder, play: Play, tmp_path: Path
    ) -> None:
        script = tmp_path / "go.jsonl"
        script.write_text(
            '{"t": 1, "press": "next_genre"}\n{"t": 1, "control": "x1", "value": 0.9}'
        )
        state = ("--state", str(tmp_path / "state"))
        process = play(*SYNTH, *state, "--bpm", "240", "--panel", f"script:{script}")
        synth.wait_for(CLOCK)
        time.sleep(5)
        bars = _bars(synth.events, 240)
        process.kill()
        process.wait()
        synth.wait_for(STOP)
        assert not still_sounding(synth.events)
        synth.events.clear()
        again = play(*SYNTH, *state, "--bpm", "240")
        synth.wait_for(START)
        time.sleep(3)
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


class TestState:
    """The folder that keeps state can't be used."""

    pytestmark = jack_only

    def test_taken_away_while_it_plays(self, synth: Recorder, play: Play, tmp_path: Path) -> None:
        folder = tmp_path / "state"
        script = tmp_path / "turn.jsonl"
        lines = [{"t": t, "control": "x1", "value": t % 2 / 2 + 0.2} for t in range(1, 9)]
        script.write_text("\n".join(map(json.dumps, lines)))
        process = play(*SYNTH, "--state", str(folder), "--panel", f"script:{script}")
        synth.wait_for(CLOCK)
        shutil.rmtree(folder)
        folder.write_text("a file is in the way")
        goes_on(synth, 2.5)
        assert "state: " in end(process, synth)

    def test_full(self, synth: Recorder, tmp_path: Path) -> None:
        script = tmp_path / "turn.jsonl"
        script.write_text('{"t": 0.5, "control": "x1", "value": 0.9}')
        command = [sys.executable, "-c", _NO_ROOM, "play", "--web", "off", *SYNTH]
        command += ["--state", str(tmp_path / "state"), "--panel", f"script:{script}"]

        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            synth.wait_for(CLOCK)
            goes_on(synth)
            assert "File too large" in end(process, synth)
        finally:
            process.kill()
            process.communicate()
        assert not (tmp_path / "state" / STATE).exists()


_NO_ROOM = """
import resource as r, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
r.setrlimit(r.RLIMIT_FSIZE, (100, 100))  # EFBIG is to a writer what ENOSPC is
from drumatlas.cli import main
sys.exit(main())
"""


class TestBrokenFiles:
    """As a service: atlas and configuration are broken at the start, or at SIGHUP."""

    pytestmark = jack_only

    def test_a_corrupt_atlas(self, synth: Recorder, play: Play, tmp_path: Path) -> None:
        (tmp_path / OWN_ATLAS).write_bytes(b"PK\3\4" + b"no atlas" * 100)
        process = play(*SYNTH, "--state", str(tmp_path), "--unattended")
        synth.wait_for(CLOCK)
        goes_on(synth)
        assert "another one plays" in end(process, synth)

    def test_a_broken_configuration_at_the_start_and_at_sighup(
        self, synth: Recorder, play: Play, tmp_path: Path
    ) -> None:
        config = tmp_path / "box.toml"
        config.write_text("[play]\nbpm = loud")
        state = ("--state", str(tmp_path / "state"))
        process = play(*SYNTH, *state, "--config", str(config), "--unattended")
        synth.wait_for(CLOCK)
        goes_on(synth)
        config.write_text('[play]\nkit = "no such"')
        process.send_signal(signal.SIGHUP)
        goes_on(synth)
        said = end(process, synth)
        assert "the defaults play" in said
        assert "play.kit = 'no such'" in said


class TestPoor:
    """Less than there should be."""

    pytestmark = jack_only

    def test_without_onnxruntime(
        self, synth: Recorder, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "onnxruntime.py").write_text("raise ImportError('a bad wheel')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("DRUMATLAS_RUNTIME", "numpy")  # what the probe would have found
        process = play(*SYNTH, "--state", "none")
        synth.wait_for(CLOCK)
        goes_on(synth)
        assert "bad wheel" not in end(process, synth)

    def test_the_sender_dies(self, synth: Recorder, play: Play) -> None:
        """Another one is started: panic first, then its place, and the beat goes on."""
        process = play(*SYNTH, "--state", "none")
        synth.wait_for(CLOCK)
        time.sleep(1)
        (sender,) = _children(process.pid)
        killed_ns = time.monotonic_ns()
        os.kill(sender, signal.SIGKILL)
        time.sleep(1)
        since_then = [event for event in synth.events if event.at_ns > killed_ns + RASTER_NS * 2]
        assert since_then[0].data == bytes((0xB9, 123, 0))
        heard = [event.data for event in since_then]
        place, first = heard.index(CONTINUE), heard.index(CLOCK)
        assert heard[place - 1][0] == SONG_POSITION
        assert place < first
        assert not any(data[0] == 0x99 for data in heard[:first])
        clocks_s = [(at - killed_ns) / 1e9 for at in clocks(since_then)]
        assert clocks_s[0] < 1
        goes_on(synth)
        assert "the delivering process ended" in end(process, synth)

    def test_the_sender_hangs_until_its_pipe_is_full(self, synth: Recorder, play: Play) -> None:
        """The performer does not wait for it: what does not read is ended, another is started."""
        process = play(*SYNTH, "--state", "none", "--bpm", "300")
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
        assert "the delivering process ended" in said
        assert not still_sounding(synth.events)

    def test_no_more_memory_to_be_had(self, synth: Recorder, play: Play, tmp_path: Path) -> None:
        """From some time on the system gives it none, while knobs turn."""
        script = tmp_path / "turn.jsonl"
        lines = [{"t": t / 10, "control": "x1", "value": t % 10 / 10} for t in range(100)]
        script.write_text("\n".join(map(json.dumps, lines)))
        process = play(*SYNTH, "--state", "none", "--panel", f"script:{script}")
        synth.wait_for(CLOCK)
        time.sleep(1)
        pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize()
        resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))
        goes_on(synth, 2)
        end(process, synth)


class TestPulledOut:
    """Hardware that goes while it plays, and comes back."""

    pytestmark = jack_only

    def test_the_synth(self, synth: Recorder, play: Play) -> None:
        process = play(*SYNTH, "--state", "none")
        synth.wait_for(CLOCK)
        time.sleep(1)
        synth.unplug()
        time.sleep(1.5)
        assert process.poll() is None
        synth.events.clear()
        synth.plug("synth")
        synth.wait_for(CONTINUE)
        panic = [event.data for event in synth.events[:2]]
        assert panic == [bytes((0xB9, 123, 0)), bytes((0xB9, 120, 0))]
        heard = [event.data for event in synth.events]
        assert heard[heard.index(CONTINUE) - 1][0] == SONG_POSITION
        goes_on(synth)
        said = end(process, synth)
        assert "recorder:synth: unplugged" in said
        assert "over: recorder:synth: unplugged" in said

    def test_the_converter(self, synth: Recorder, tmp_path: Path) -> None:
        """Reads give EIO, as those of an SPI bus whose chip has lost its supply."""
        broken = tmp_path / "broken"
        command = [sys.executable, "-c", _BOARD, str(broken), "play", "--web", "off", "--state"]
        options = ["none", *SYNTH[:2], "--panel", "gpio", "--bpm", str(BPM)]
        process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
        try:
            synth.wait_for(CLOCK)
            goes_on(synth)
            broken.touch()
            goes_on(synth, 1.5)
            broken.unlink()
            goes_on(synth, 1.5)
            said = end(process, synth)
        finally:
            process.kill()
            process.communicate()
        (fault,) = {line for line in said.splitlines() if line.startswith("converter")}
        assert fault.startswith("converter mcp0: Input/output error")
        assert f"over: {fault}" in said


_BOARD = """
import sys
from pathlib import Path
from drumatlas.cli import main
from drumatlas.panel import fakes, gpio_board

broken = Path(sys.argv.pop(1))

class Converter(fakes.FakeConverter):
    def read(self, channel):
        self.levels = [0.5] * 8
        self.fails = broken.exists()
        return super().read(channel)

board = fakes.FakeBoard()
board.converters["mcp0"] = Converter()
gpio_board.open_board = lambda wiring: board
sys.exit(main())
"""


class TestLeaderGone:
    """The clock that is followed stays away in the middle of a bar."""

    pytestmark = jack_only

    @pytest.fixture
    def leader(self, synth: Recorder) -> Iterator[Callable[..., None]]:
        import rtmidi

        del synth  # is there, and so is the server
        out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="leader")
        out.open_virtual_port("out")

        def lead(seconds: float, start: bool = True) -> None:
            if start:
                out.send_message([0xFA])
            began = time.monotonic() + 0.01
            for tick in range(int(seconds * CLOCKS_S)):
                time.sleep(max(began + tick / CLOCKS_S - time.monotonic(), 0))
                out.send_message([0xF8])

        yield lead
        out.close_port()
        out.delete()

    @pytest.mark.parametrize("hold", [True, False], ids=["holds", "stops"])
    def test_it_holds_or_stops_as_set(
        self,
        synth: Recorder,
        play: Play,
        leader: Callable[..., None],
        tmp_path: Path,
        hold: bool,
    ) -> None:
        config = tmp_path / "box.toml"
        config.write_text(f"[clock]\nhold = {str(hold).lower()}\nthru = true")
        process = play(
            *("--midi-out", "recorder:synth", "--panel", "none", "--config", str(config)),
            *("--clock", "external", "--midi-in", "leader:out", "--state", "none"),
        )
        assert process.stderr is not None
        while "Ctrl-C stops" not in process.stderr.readline():  # panic comes long before
            assert process.poll() is None
        time.sleep(0.5)
        leader(3.1)
        gone_ns = time.monotonic_ns()
        after = since(synth, gone_ns + 800_000_000, 2)  # it bridges a beat and waits for no more
        assert not any(event.data[0] == 0x99 for event in after), "plays without a leader"
        assert not still_sounding(synth.events)
        assert any(event.data == STOP for event in synth.events) is not hold
        leader(3, start=False)
        heard = since(synth, gone_ns + 2_000_000_000, 0.2)
        assert any(event.data[0] == 0x99 for event in heard) is hold
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        time.sleep(0.1)
        assert not still_sounding(synth.events)


def test_a_file_take_is_whole_after_a_fault(tmp_path: Path) -> None:
    """A panel's script that ends in nonsense: exit 2 before a note; the next run is whole."""
    bad, take = tmp_path / "bad.jsonl", tmp_path / "take.mid"
    bad.write_text('{"t": 0, "press": "play"}\n{"t": ')
    base = [sys.executable, "-m", "drumatlas", "play", "--web", "off", "--state", "none"]
    base += ["--midi-out", f"file:{take}", "--seconds", "1"]
    done = subprocess.run(
        [*base, "--panel", f"script:{bad}"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "line 2" in done.stderr
    assert not take.exists()
    subprocess.run([*base, "--panel", "none"], check=True, capture_output=True)
    assert read_drums(take.read_bytes()).notes


class TestClockStep:
    """The wall clock jumps by an hour, to and fro, each time that anybody looks at it: NTP after
    a start without a network does so once."""

    pytestmark = jack_only

    @pytest.fixture
    def stepped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """From when this file is there on."""
        if sys.platform != "linux" or not shutil.which("cc"):
            pytest.skip("needs LD_PRELOAD and a C compiler")
        library = tmp_path / "step.so"
        (tmp_path / "step.c").write_text(_STEP)
        build = ["cc", "-shared", "-fPIC", "-o", library, tmp_path / "step.c"]
        subprocess.run(build, check=True)
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("STEPPED", str(tmp_path / "stepped"))
        return tmp_path / "stepped"

    def test_it_can_not_be_heard(self, synth: Recorder, play: Play, stepped: Path) -> None:
        process = play(*SYNTH, "--state", str(stepped.parent / "state"))
        synth.wait_for(CLOCK)
        goes_on(synth)
        stepped.touch()
        look = [sys.executable, "-c", "import time as t; print(abs(t.time() - t.time()) > 3600)"]
        assert subprocess.check_output(look, text=True) == "True\n"
        goes_on(synth, 3)
        assert densest(synth.events) > FASTEST_NS * 0.6, "clocks bunch"
        end(process, synth)


_STEP = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long step(void) {
    static unsigned calls;
    if (access(getenv("STEPPED"), F_OK) != 0) return 0;
    return __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % 2 ? 3600 : -3600;
}

int clock_gettime(clockid_t id, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, id, now);
    if (id == CLOCK_REALTIME) now->tv_sec += step();
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec fine;
    clock_gettime(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *to) {
    struct timespec fine;
    clock_gettime(CLOCK_REALTIME, &fine);
    if (to) *to = fine.tv_sec;
    return fine.tv_sec;
}
"""


_WALL = {"time", "time_ns", "ctime", "gmtime", "localtime", "strftime", "CLOCK_REALTIME"}
_PLAYING = ("play", "midi", "explore", "panel", "beat", "web", "service", "cli")


def test_no_wall_clock_in_the_playing_path() -> None:
    """A step of the clock (NTP, an RTC that is set) can't be heard: nobody looks at it."""
    root = Path(__file__).parents[1] / "device" / "drumatlas"
    looked = 0
    for file in [
        *root.glob("*.py"),
        *(f for room in _PLAYING for f in (root / room).rglob("*.py")),
    ]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "time":
                    looked += 1
                    assert node.attr not in _WALL, f"{file}:{node.lineno}: time.{node.attr}"
                assert node.attr not in {"now", "utcnow", "today"} or "date" not in node.value.id
            elif isinstance(node, ast.ImportFrom) and node.module == "time":
                assert not _WALL & {alias.name for alias in node.names}, file
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", ""), *(alias.name for alias in node.names)}
                assert "datetime" not in names, f"{file}:{node.lineno}: datetime"
    assert looked > 10
