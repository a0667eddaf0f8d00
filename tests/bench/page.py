"""What an open page costs the box: clock, knobs, memory, processor time.

    make bench-page                     # ARGS="--rounds 5 --seconds 10 --no-chromium"

A box plays to JACK's dummy driver while a script turns a knob 20 times a second. Window after
window its page is closed, then open and dragged by a client without a browser (as from a phone,
which does its drawing elsewhere), then open and dragged in Chromium on this very machine. Each
window gives p50 and p99 of the clock's phase error (`drumatlas monitor`) and of the time from
when a turn is due to when its beat is with the sequencer; the table has the medians over the
windows, and the p99s against those of the closed page. Before that: a box without a page, and one
whose page nobody has opened yet.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from footprint import status_of

from drumatlas.errors import PortError
from drumatlas.midi.rtmidi.api import open_client

HERE = Path(__file__).parent
CLIENT = HERE / "page_client.py"
BPM = 120
TURN_S = 0.0507  # no multiple of the slow loop's period, so that turns come anywhere in it
SERVER = f"drumatlas-page-{os.getpid()}"
JACK = ["jackd", "-t", "5000", "-n", SERVER, "-d", "dummy", "-r", "48000", "-p", "32"]
START_S = 5  # the script's turns wait until the box is up; on a busy machine that takes a while
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
Drag = Callable[[], None]  # as long as the present window lasts


@dataclass
class Window:
    """What one window saw: microseconds, MB, percent of a processor."""

    begin_ns: int
    end_ns: int
    clock: dict[str, Any]
    resident: float
    busy: float
    knob: tuple[float, float] = (0.0, 0.0)  # p50, p99


@dataclass
class WindowKind:
    """A way in which the page may be, and how it went."""

    name: str
    open: Callable[["MeasuredBox", float], "Any"]
    windows: list[Window] = field(default_factory=list)


class MeasuredBox:
    """`drumatlas play` with a stop-watch; a page at `url` (unless `web` is off)."""

    def __init__(self, folder: Path, web: str, life: float) -> None:
        self.out = folder / f"times-{'off' if web == 'off' else 'on'}.json"
        script = folder / "turn.jsonl"
        names = ("x1", "x2", "x3", "x4")
        lines = [
            {"t": i * TURN_S, "control": names[i % 4], "value": (i * 0.37) % 1}
            for i in range(int(life / TURN_S))
        ]
        script.write_text("\n".join(map(json.dumps, lines)))
        command = [sys.executable, str(HERE / "timed_box.py"), str(self.out), "play", "--web", web]
        command += ["--panel", f"script:{script}", "--midi-out", "virtual", "--state", "none"]
        self.process = subprocess.Popen(
            [*command, "--bpm", str(BPM)], stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self.url = ""
        while "Ctrl-C" not in (line := self.process.stderr.readline()):
            if found := re.match(r"page: (http\S+)", line):
                self.url = found[1]
            if self.process.poll() is not None:
                raise SystemExit("the box ended")

    def busy_s(self) -> float:
        """Processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> list[tuple[int, int]]:
        """Its stop-watch."""
        self.process.terminate()
        self.process.communicate()
        return [(due, done) for due, done in json.loads(self.out.read_text())]


def judge() -> None:
    """In the judge's process: real-time priority where it may, so that what it measures is not
    itself."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))


def watch(box: MeasuredBox, seconds: float, drag: Drag) -> Window:
    """One window."""
    began, busy = time.monotonic_ns(), box.busy_s()
    command = [sys.executable, "-m", "drumatlas", "monitor", "drumatlas", "--json"]
    monitor = subprocess.Popen(
        [*command, "--seconds", str(seconds), "--bpm", str(BPM)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=judge,  # noqa: PLW1509 - no other thread runs here
    )
    resident = 0.0
    while monitor.poll() is None:
        resident = max(resident, status_of(box.process.pid)["VmRSS"])
        drag()
    ended = time.monotonic_ns()
    heard, said = monitor.communicate()
    if monitor.returncode:
        raise SystemExit(said.decode())
    busy = 1e11 * (box.busy_s() - busy) / (ended - began)
    return Window(began, ended, json.loads(heard)["clock"], resident, busy)


@contextmanager
def closed(_box: MeasuredBox, _seconds: float) -> Iterator[Drag]:
    time.sleep(0.3)
    yield lambda: time.sleep(0.1)


@contextmanager
def client(box: MeasuredBox, seconds: float) -> Iterator[Drag]:
    command = [sys.executable, str(CLIENT), box.url, str(seconds + 60)]
    with subprocess.Popen(command, **QUIET) as process:
        yield lambda: time.sleep(0.1)
        if process.poll() is not None:
            raise SystemExit("the client ended")
        process.terminate()


class Chromium:
    """Opens the page in a context of its own and drags over its map, with its sound on."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    @contextmanager
    def __call__(self, box: MeasuredBox, _seconds: float) -> Iterator[Drag]:
        context = self.browser.new_context(viewport={"width": 800, "height": 480})
        page = context.new_page()
        page.goto(box.url)
        page.get_by_role("button", name="Sound").click()
        area = page.locator("#map .screen").bounding_box()
        page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
        page.mouse.down()

        def drag() -> None:
            for x, y in ((0.3, 0.3), (0.7, 0.4), (0.6, 0.7), (0.35, 0.6)):
                to = area["x"] + x * area["width"], area["y"] + y * area["height"]
                page.mouse.move(*to, steps=8)

        try:
            yield drag
            assert page.evaluate("drumatlas.link.isOpen && drumatlas.sound.isOn")
        finally:
            context.close()


def kinds(stack: ExitStack, with_chromium: bool) -> list[WindowKind]:
    found = [WindowKind("page closed", closed), WindowKind("open, dragged by a client", client)]
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if with_chromium and path:
        from playwright.sync_api import sync_playwright

        playwright = stack.enter_context(sync_playwright())
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=root)
        stack.callback(browser.close)
        found.append(WindowKind("open, dragged in Chromium here", Chromium(browser)))
    return found


def await_jack() -> None:
    for _ in range(100):
        with suppress(PortError):
            open_client(output=False, name="waits", systems=("jack",))[0].delete()
            return
        time.sleep(0.1)
    raise SystemExit("jackd did not start")


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def settle(windows: list[Window], times: list[tuple[int, int]]) -> None:
    """Give each window the turns that were due in it."""
    for one in windows:
        took = [(done - due) / 1000 for due, done in times if one.begin_ns <= due < one.end_ns]
        one.knob = quantile(took, 0.5), quantile(took, 0.99)


def row(kind: WindowKind, base: WindowKind) -> str:
    def middle(of: WindowKind, what: Callable[[Window], float]) -> float:
        return median(what(window) for window in of.windows)

    def pair(p50: Callable[[Window], float], p99: Callable[[Window], float]) -> str:
        share = middle(kind, p99) / middle(base, p99)
        return f"{middle(kind, p50):,.0f} | {middle(kind, p99):,.0f} | {share:.2f}"

    clock = pair(lambda w: w.clock["phase"]["p50"], lambda w: w.clock["phase"]["p99"])
    knob = pair(lambda w: w.knob[0], lambda w: w.knob[1])
    faults = sum(w.clock["missing"] + w.clock["bunched"] for w in kind.windows)
    resident = max(w.resident for w in kind.windows)
    busy = middle(kind, lambda w: w.busy)
    return f"| {kind.name} | {clock} | {faults} | {knob} | {resident:.1f} | {busy:.1f} |"


def play(folder: Path, web: str, rounds: list[list[WindowKind]], seconds: float) -> None:
    """One box, and its windows in order; what they saw is with the kinds."""
    box = MeasuredBox(folder, web, sum(map(len, rounds)) * (seconds + 5) + 60)
    time.sleep(START_S)
    for kind in (kind for one in rounds for kind in one):
        with kind.open(box, seconds) as drag:
            kind.windows.append(watch(box, seconds, drag))
        print(f"{kind.name}: {kind.windows[-1].clock['phase']}", file=sys.stderr)
    times = box.end()
    for kind in {id(kind): kind for one in rounds for kind in one}.values():
        settle(kind.windows, times)


def measure(wanted: argparse.Namespace, folder: Path, stack: ExitStack) -> list[WindowKind]:
    """All kinds; the third is the closed page."""
    without, fresh = (
        WindowKind("no page: --web off", closed),
        WindowKind("page not opened yet", closed),
    )
    ways = kinds(stack, wanted.chromium)
    play(folder, "off", [[without]] * 2, wanted.seconds)
    # Each kind has each place in its round in turn.
    turns = [ways[i % len(ways) :] + ways[: i % len(ways)] for i in range(wanted.rounds)]
    play(folder, "127.0.0.1:0", [[fresh]] * 2 + turns, wanted.seconds)
    return [without, fresh, *ways]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=10, help="of a window")
    parser.add_argument("--chromium", action=argparse.BooleanOptionalAction, default=True)
    wanted = parser.parse_args()
    os.environ |= {"JACK_DEFAULT_SERVER": SERVER, "JACK_NO_START_SERVER": "1"}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = subprocess.Popen(JACK, **QUIET)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        await_jack()
        found = measure(wanted, folder, stack)
    print("| | clock p50, us | p99 | of closed | wrong | knob p50, us | p99 | of closed | MB | % |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind in found:
        print(row(kind, found[2]))


if __name__ == "__main__":
    main()
