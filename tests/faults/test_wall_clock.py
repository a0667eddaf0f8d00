"""The wall clock steps; nobody who plays looks at it."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.play.events import CLOCK
from faults.box import FASTEST_NS, SYNTH, densest, end, goes_on
from support.jack_server import Recorder, needs_jack

Play = Callable[..., "subprocess.Popen[str]"]


class TestClockStep:
    """The wall clock jumps by an hour, to and fro, each time that anybody looks at it: NTP after
    a start without a network does so once."""

    pytestmark = needs_jack

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

    def test_a_step_of_the_wall_clock_can_not_be_heard(
        self, synth: Recorder, play: Play, stepped: Path
    ) -> None:
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


def test_the_playing_path_reads_no_wall_clock() -> None:
    """A step of the clock (NTP, an RTC that is set) can't be heard: nobody looks at it."""
    root = Path(__file__).parents[2] / "device" / "drumatlas"
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
