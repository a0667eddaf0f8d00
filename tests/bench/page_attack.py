"""What strangers and pages that misbehave do to the clock, and to memory.

    make bench-attack                       # ARGS="--minutes 20 --only pings"

A box plays to JACK's dummy driver (raster 0.67 ms). In turn it is left alone and attacked: by each
kind of tests/support/page_attacks, from a process of its own that goes on for the whole stretch,
and by all of them together. A recorder stamps the clocks in JACK's thread. The box is kept on one
core, all else on the others (--spread: nothing is kept anywhere), because there a page that takes
too much real-time priority is noticed first.

Prints a row for each: clocks that are missing, p50 and p99 of their distances from an even grid,
the p99 against that of the stretches just before, when it was left alone, gaps over 30 ms, and the
box' memory before and after.

A virtual machine now and then loses its cores to others. While the host kept the box's core for
PAUSE_MS or longer (machine_pauses.py), the box could not play, so that pair of stretches, one left
alone and one attacked, is set aside and repeated. How many were is printed. Shorter pauses move the
p99 of one stretch by more than any attack. The ratio of all stretches therefore has an interval of
90 %, from pairs of stretches drawn again with replacement (bootstrap; Efron, 1979).

The exit code is 1 if over all attacks a clock is missing, the p99 is more than a tenth above that
of all that was unattacked, or memory grew by more than 16 MB. The row "left alone" and the interval
show how much of that is the machine's.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

sys.path.insert(0, str(Path(__file__).parents[1]))

from clock_stretches import ClockStretches, ratio_of_p99
from footprint import status_of
from machine_pauses import Pauses

from page import await_jack
from support import page_attacks

HERE = Path(__file__).parent
BPM = 120
TOKEN = "0123456789abcdef"
SERVER = f"drumatlas-attack-{os.getpid()}"
# -S: each period waits for all clients. Without it the messages of a client that is late are lost.
JACK = ["jackd", "-S", "-t", "5000", "-n", SERVER, "-d", "dummy", "-r", "48000", "-p", "32"]
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
ALL = "all together"
BEGIN_S = 0.5  # until an attack has begun
SETTLE_S = 0.7  # after an attack, before it counts as left alone
PAUSE_MS = 20  # of the machine: a clock's period
WORSE, GROWN_MB = 1.1, 16.0


@dataclass
class Row:
    """One kind of attack: what was heard just before, and while it lasted; MB before and after."""

    name: str
    before: ClockStretches = field(default_factory=ClockStretches)
    attacked: ClockStretches = field(default_factory=ClockStretches)
    memory: list[tuple[float, float]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)  # the pairs set aside: longest pause, ms


class Bench:
    """A box, its recorder, and who attacks."""

    def __init__(self, stack: ExitStack, spread: bool) -> None:
        self._stack = stack
        self._cores = sorted(os.sched_getaffinity(0))
        self._spread = spread or len(self._cores) < 2
        jack = subprocess.Popen(self._on(JACK, box=False), **QUIET)
        stack.callback(jack.wait)
        stack.callback(jack.terminate)
        await_jack()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "box.toml").write_text(f'[web]\ntoken = "{TOKEN}"\n')
        command = [sys.executable, "-m", "drumatlas", "play", "--panel", "none", "--bpm", str(BPM)]
        command += ["--midi-out", "virtual", "--state", str(folder / "state")]
        command += ["--web", "127.0.0.1:0", "--config", str(folder / "box.toml")]
        self.log = (folder / "log").open("w+")
        stack.callback(self.log.close)
        self.box = subprocess.Popen(self._on(command, box=True), stderr=self.log)
        stack.callback(self.box.wait)
        stack.callback(self.box.terminate)
        self.port = self._port()
        time.sleep(3)
        self._recorder = subprocess.Popen(
            self._on([sys.executable, str(HERE / "clock_recorder.py"), "drumatlas"], box=False),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(self._let_recorder_go)
        if self._answer() != "hears":
            raise SystemExit("the recorder does not hear")
        self.cookie = self._let_in()
        self.pauses = Pauses(self._cores[-1])
        stack.callback(self.pauses.end)

    def _on(self, command: list[str], *, box: bool) -> list[str]:
        if self._spread:
            return command
        cores = self._cores[-1:] if box else self._cores[:-1]
        return ["taskset", "-c", ",".join(map(str, cores)), *command]

    def _port(self) -> int:
        for _ in range(300):
            found = re.search(r"page: http://127.0.0.1:(\d+)/", Path(self.log.name).read_text())
            if found:
                return int(found[1])
            time.sleep(0.1)
        raise SystemExit("the box has no page")

    def _let_in(self) -> str:
        """The cookie of a page that has shown the token."""
        opener = build_opener(ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/?token={TOKEN}") as answer:
            return str(answer.headers["Set-Cookie"]).split(";")[0]

    def _answer(self) -> Any:
        assert self._recorder.stdout is not None
        said = json.loads(self._recorder.stdout.readline() or '"lost"')
        if said == "lost":
            raise SystemExit("the recorder did not keep up")
        return said

    def heard(self) -> list[tuple[int, int]]:
        assert self._recorder.stdin is not None
        self._recorder.stdin.write("\n")
        self._recorder.stdin.flush()
        return [(at_ns, status) for at_ns, status in self._answer()]

    def _let_recorder_go(self) -> None:
        """End it of its own accord: the server waits for minutes for a client that was killed."""
        assert self._recorder.stdin is not None
        self._recorder.stdin.close()
        self._recorder.wait(20)

    def memory(self) -> float:
        if self.box.poll() is not None:
            raise SystemExit(f"the box ended: {Path(self.log.name).read_text()}")
        return status_of(self.box.pid)["VmRSS"]

    def listen(self, into: ClockStretches, seconds: float) -> None:
        self.heard()
        time.sleep(seconds)
        into.runs.append(self.heard())

    def attack(self, kinds: list[str], into: ClockStretches, seconds: float) -> None:
        rest = [str(self.port), str(seconds + 60), self.cookie]
        attackers = [
            subprocess.Popen(
                self._on([*page_attacks.COMMAND, kind, *rest], box=False),
                cwd=page_attacks.COMMAND_FOLDER,
                **QUIET,
            )
            for kind in kinds
        ]
        try:
            time.sleep(BEGIN_S)
            self.listen(into, seconds)
        finally:
            for attacker in attackers:
                attacker.kill()
                attacker.wait()


def play(bench: Bench, row: Row, seconds: float) -> bool:
    """Leave the box alone, then attack it; returns whether the machine ran meanwhile."""
    kinds = list(page_attacks.ATTACKS) if row.name == ALL else [row.name]
    alone, attacked = ClockStretches(), ClockStretches()
    time.sleep(SETTLE_S)
    bench.pauses.longest_ms()
    bench.listen(alone, seconds)
    before = bench.memory()
    bench.attack(kinds, attacked, seconds)
    row.memory.append((before, bench.memory()))
    paused = bench.pauses.longest_ms()
    found = (
        f"{attacked.report().phase}, {alone.report().missing + attacked.report().missing} missing"
    )
    print(f"{row.name}: {found}, the machine paused for {paused:.0f} ms", file=sys.stderr)
    for side, stretch in (("left alone", alone), ("attacked", attacked)):
        for hole in stretch.holes():
            print(f"{row.name}, {side}: clock {hole}", file=sys.stderr)
    if paused >= PAUSE_MS:
        row.paused.append(paused)
        return False
    row.before.runs += alone.runs
    row.attacked.runs += attacked.runs
    return True


def line(
    name: str, before: ClockStretches, heard: ClockStretches, memory: list[tuple[float, float]]
) -> str:
    report, alone = heard.report(), before.report()
    if report.phase is None or alone.phase is None:
        return f"| {name} | no clock |"
    numbers = (
        *(f"{report.clocks:,}", f"{report.missing}", f"{report.bunched}"),
        *(f"{report.phase.p50:,.0f}", f"{report.phase.p99:,.0f}"),
        f"{report.phase.p99 / alone.phase.p99:.2f}",
        *(f"{heard.late()}", f"{memory[0][0]:.1f}", f"{memory[-1][1]:.1f}"),
    )
    return f"| {name} | {' | '.join(numbers)} |"


def judge(rows: list[Row]) -> int:
    """Print what was found; 1 if it is more than may be."""
    alone = ClockStretches([run for row in rows for run in row.before.runs])
    attacked = ClockStretches([run for row in rows for run in row.attacked.runs])
    memory = [pair for row in rows for pair in row.memory]
    first, last = rows[0].memory[0][0], rows[-1].memory[-1][1]
    print(
        "| | clocks | missing | bunched | p50, us | p99, us | of before | gaps > 30 ms "
        "| MB before | after |\n| --- |" + " --- |" * 9
    )
    print(line("left alone", alone, alone, [(first, last)]))
    for row in rows:
        print(line(row.name, row.before, row.attacked, row.memory))
    print(line("all attacks", alone, attacked, [(first, last)]))
    ratio, low, high = ratio_of_p99(alone, attacked)
    print(f"p99 attacked over left alone: {ratio:.3f} (90 %: {low:.3f} to {high:.3f})")
    most = max(after for _, after in memory)
    print(f"memory: {rows[0].memory[0][1]:.1f} MB after the first attack, {most:.1f} at most")
    paused = [pause for row in rows for pause in row.paused]
    aside = f"of {len(alone.runs) + len(paused)}; longest pause {max(paused, default=0):.0f} ms"
    print(f"pairs set aside, because the machine paused for {PAUSE_MS} ms: {len(paused)} {aside}")
    is_worse = attacked.report().missing > 0 or ratio > WORSE
    return int(is_worse or most - rows[0].memory[0][1] > GROWN_MB)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=4, help="that count, half of it attacked")
    parser.add_argument("--seconds", type=float, default=6, help="of a stretch")
    parser.add_argument("--only", action="append", choices=[*page_attacks.ATTACKS, ALL], default=[])
    parser.add_argument("--spread", action="store_true", help="keep nothing on a core of its own")
    wanted = parser.parse_args()
    os.environ |= {"JACK_DEFAULT_SERVER": SERVER, "JACK_NO_START_SERVER": "1"}
    rows = [Row(name) for name in wanted.only or [*page_attacks.ATTACKS, ALL]]
    with ExitStack() as stack:
        bench = Bench(stack, wanted.spread)
        counted = 0.0  # seconds
        while counted < wanted.minutes * 60:
            for row in rows:
                counted += play(bench, row, wanted.seconds) * 2 * wanted.seconds
        print(Path(bench.log.name).read_text(), file=sys.stderr)
    return judge(rows)


if __name__ == "__main__":
    sys.exit(main())
