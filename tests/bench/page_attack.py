"""What strangers and pages that misbehave do to the clock, and to memory.

    make bench-attack                       # ARGS="--minutes 20 --only pings"

A box plays to JACK's dummy driver (raster 0.67 ms). In turn it is left alone and attacked: by each
kind of tests/support/page_attacks, from a process of its own that goes on for the whole stretch,
and by all of them together. A recorder stamps the clocks in JACK's thread. The box is kept on one
core, all else on the others (--spread: nothing is kept anywhere), because there a page that takes
too much real-time priority is noticed first.

Prints a row for each: clocks that are missing, p50 and p99 of their distances from an even grid,
the p99 against that of the stretches just before, when it was left alone, gaps over 30 ms, and the
box' memory before and after. A virtual machine now and then loses its cores to others, which moves
the p99 of one stretch by more than any attack. The ratio of all stretches therefore has an interval
of 90 %, from pairs of stretches drawn again with replacement (bootstrap; Efron, 1979).

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
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from footprint import status_of

from drumatlas.play.clock_grid import Floats, survey
from drumatlas.play.clock_stats import ClockReport, ClockStats
from drumatlas.play.events import CLOCK, START
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
LATE_NS = 30_000_000
WORSE, GROWN_MB = 1.1, 16.0
DRAWN = 500


Run = list[tuple[int, int]]  # what came in a stretch: when (ns), Start or clock


class ClockStretches:
    """Stretches of clocks, each of which is counted by itself."""

    def __init__(self, runs: list[Run] | None = None) -> None:
        self.runs = runs or []

    def report(self) -> ClockReport:
        stats = ClockStats()
        for run in self.runs:
            stats.feed(START, 0)  # what was between two stretches is not missing
            for at_ns, status in run:
                stats.feed(bytes([status]), at_ns)
        return stats.report()

    def distances(self) -> list[Floats]:
        """Each stretch's absolute distances of clocks from an even grid, µs."""
        clocks = [[at_ns for at_ns, status in run if status == CLOCK[0]] for run in self.runs]
        grids = [survey(np.array(run, np.int64)).grids for run in clocks]
        return [np.concatenate([[], *(grid.phase_us for grid in some)]) for some in grids]

    def late(self) -> int:
        """Gaps over 30 ms."""
        clocks = [[at_ns for at_ns, status in run if status == CLOCK[0]] for run in self.runs]
        return sum(b - a > LATE_NS for run in clocks for a, b in pairwise(run))


@dataclass
class Row:
    """One kind of attack: what was heard just before, and while it lasted; MB before and after."""

    name: str
    before: ClockStretches = field(default_factory=ClockStretches)
    attacked: ClockStretches = field(default_factory=ClockStretches)
    memory: list[tuple[float, float]] = field(default_factory=list)


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
        stack.callback(self._recorder.kill)
        if self._answer() != "hears":
            raise SystemExit("the recorder does not hear")
        self.cookie = self._let_in()

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


def play(bench: Bench, row: Row, seconds: float) -> None:
    """Leave the box alone, then attack it."""
    kinds = list(page_attacks.ATTACKS) if row.name == ALL else [row.name]
    time.sleep(SETTLE_S)
    bench.listen(row.before, seconds)
    before = bench.memory()
    bench.attack(kinds, row.attacked, seconds)
    row.memory.append((before, bench.memory()))
    print(f"{row.name}: {row.attacked.report().phase}", file=sys.stderr)


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


def ratio_of_p99(alone: ClockStretches, attacked: ClockStretches) -> tuple[float, float, float]:
    """Return the p99 under attack over that without, and the interval of 90 % around it."""
    pairs = list(zip(alone.distances(), attacked.distances(), strict=True))
    draw = np.random.default_rng(0)

    def ratio(chosen: Sequence[int]) -> float:
        quiet, loud = (np.concatenate([pairs[i][side] for i in chosen]) for side in (0, 1))
        return float(np.percentile(loud, 99) / np.percentile(quiet, 99))

    drawn = [ratio(draw.integers(len(pairs), size=len(pairs)).tolist()) for _ in range(DRAWN)]
    low, high = np.percentile(drawn, [5, 95]).tolist()
    return ratio(range(len(pairs))), low, high


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
    return int(
        attacked.report().missing > 0 or low > WORSE or most - rows[0].memory[0][1] > GROWN_MB
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=4, help="half of it attacked")
    parser.add_argument("--seconds", type=float, default=6, help="of a stretch")
    parser.add_argument("--only", action="append", choices=[*page_attacks.ATTACKS, ALL], default=[])
    parser.add_argument("--spread", action="store_true", help="keep nothing on a core of its own")
    wanted = parser.parse_args()
    os.environ |= {"JACK_DEFAULT_SERVER": SERVER, "JACK_NO_START_SERVER": "1"}
    rows = [Row(name) for name in wanted.only or [*page_attacks.ATTACKS, ALL]]
    with ExitStack() as stack:
        bench = Bench(stack, wanted.spread)
        end = time.monotonic() + wanted.minutes * 60
        while time.monotonic() < end:
            for row in rows:
                play(bench, row, wanted.seconds)
        print(Path(bench.log.name).read_text(), file=sys.stderr)
    return judge(rows)


if __name__ == "__main__":
    sys.exit(main())
