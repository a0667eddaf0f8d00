"""Hours of playing in minutes: the box on a virtual clock, with hands that never rest.

    PYTHONPATH=tests python tests/bench/soak.py [--hours 8] [--seed 1]

Engine, sequencer, the performer's hand-over (with what it takes back) and the tape are the real
ones; hands turn every control and press every button at random, from a seed. Checked on the way,
run by run: every note-on has its note-off before the same note or Stop; clocks never lie closer
than the fastest tempo has them; each clock is where the tempo that was asked for puts it, counted
from the last change of tempo; nothing is among the engine's faults. Memory is looked at every ten
minutes of the box's time, and must be flat after the first hour.
"""

import argparse
import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from drumatlas.atlas.read import read_builtin
from drumatlas.engine import TICK_NS, Engine
from drumatlas.explore.controls import BUTTONS, VALUES, Change, Press, press, turn
from drumatlas.midi.files.tape import Tape
from drumatlas.play.events import CLOCK, STOP, Event, Output, TempoChange
from drumatlas.play.performer import LOOKAHEAD_NS, PERIOD_NS, Performer
from drumatlas.play.settings import PlaySettings
from drumatlas.play.timeline import ns_per_tick
from support import streams
from support.playing import RecordingPort

S = 1_000_000_000
LOOK_NS = 600 * S  # of memory
WARM_NS = 3600 * S
MOST_GROWTH = 2 << 20  # bytes, from the first hour's end on
MOST_OFF_NS = 1000  # of a clock against its grid, however long the tempo has lasted
_RUN_NS = (20 * S, 180 * S)  # how long it plays between Start and Stop
_OTHERS = tuple(name for name in BUTTONS if name not in {"play", "learn", "tap"})


class Hands:
    """A panel that something is done at, twice a second; some of it in bursts."""

    name = "hands"

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._next_ns = 0
        self._toggle_ns = 0
        self._plays = False
        self.done: Counter[str] = Counter()

    def poll(self, now_ns: int) -> list[Change]:
        """What was done since the last call."""
        changes: list[Change] = []
        if now_ns >= self._toggle_ns:
            self._plays = not self._plays
            low, high = _RUN_NS if self._plays else (S // 10, 3 * S)
            self._toggle_ns = now_ns + self._random.randint(low, high)
            changes.append(press("play"))
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + round(self._random.expovariate(2) * S)
            changes.append(self._one())
        for change in changes:
            self.done[change.button if isinstance(change, Press) else "turns"] += 1
        return changes

    def _one(self) -> Change:
        if self._random.random() < 0.2:
            return press(self._random.choice(_OTHERS))
        return turn(self._random.choice(VALUES), self._random.random())

    def close(self) -> None:
        """Nothing to let go of."""


class Judge:
    """Takes what has gone out for good; checks each run when it is over."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.off_ns = 0.0  # the most that a clock was away from its grid
        self.sum_ns = 0.0  # of what was off where each tempo ended: drift would add up
        self.longest_ns = 0  # of one tempo
        self.asked: set[float] = set()  # tempos (ns a tick)
        self._run: list[Output] = []

    @property
    def is_in_a_run(self) -> bool:
        """Whether it holds messages, which are no memory of the box."""
        return bool(self._run)

    def take(self, outputs: Sequence[Output]) -> None:
        """Messages in order of time."""
        for output in outputs:
            self._run.append(output)
            if isinstance(output, Event) and output.data == STOP:
                self.counts += streams.check(self._run)
                self._check_grid()
                self._run = []

    def _check_grid(self) -> None:
        first: int | None = None  # the first clock of a tempo
        period = off = 0.0
        clocks = 0
        for output in self._run:
            if isinstance(output, TempoChange):
                assert output.line.ns_per_tick in self.asked, "a tempo that nobody asked for"
                if output.line.ns_per_tick != period:
                    self.sum_ns += off
                    first, period, off = None, output.line.ns_per_tick, 0.0
            elif isinstance(output, Event) and output.data == CLOCK:
                if first is None:
                    first, clocks = output.at_ns, 0
                off = output.at_ns - first - clocks * period
                assert abs(off) < MOST_OFF_NS, f"a clock is {off:.0f} ns off its grid"
                self.off_ns = max(self.off_ns, abs(off))
                self.longest_ns = max(self.longest_ns, output.at_ns - first)
                clocks += 1
        self.sum_ns += off


def resident() -> int:
    """Bytes of memory that this process has at present."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


class Soak:
    """The box and its hands, `seconds` of its time."""

    def __init__(self, seed: int) -> None:
        self.hands, self.judge = Hands(seed), Judge()
        self.engine = Engine(read_builtin(), PlaySettings(seed=seed), [self.hands], 0)
        self._wire = RecordingPort()
        self._tape = Tape(self._wire)
        self._performer = Performer(self.engine.sequencer, self._tape)
        self._random = random.Random(seed + 1)
        self._handed_ns = -PERIOD_NS
        self.memory: list[tuple[int, int, int]] = []  # when, bytes, Python's blocks

    def run(self, seconds: float) -> None:
        """Play."""
        now_ns = looked_ns = 0
        while now_ns < seconds * S:
            self._round(now_ns)
            if now_ns - looked_ns >= LOOK_NS and not self.judge.is_in_a_run:
                looked_ns = now_ns
                self._look(now_ns)
            now_ns += TICK_NS + self._random.randrange(2_000_000)  # loops are never quite even
        self._performer.hand_over(now_ns, 0)
        if self.engine.sequencer.is_playing:
            self.engine.sequencer.stop()
            self._performer.hand_over(now_ns, 0)
        self.judge.take(self._gone(now_ns + S))

    def _round(self, now_ns: int) -> None:
        self.engine.tick(now_ns)
        self.judge.asked.add(ns_per_tick(self.engine.bpm))
        self._tape.tick(now_ns)
        wake = self._performer._wake
        if wake.is_set() or now_ns - self._handed_ns >= PERIOD_NS:
            wake.clear()
            self._handed_ns = now_ns
            self._performer.hand_over(now_ns, LOOKAHEAD_NS)
        assert not self.engine.faults, self.engine.faults
        self.judge.take(self._gone(now_ns))

    def _gone(self, now_ns: int) -> list[Output]:
        """What is on the wire and can't be taken back."""
        sent = self._wire.sent
        gone = [output for output in sent if output.at_ns <= now_ns]
        self._wire.sent = sent[len(gone) :]
        return gone

    def _look(self, now_ns: int) -> None:
        gc.collect()
        size, blocks = resident(), sys.getallocatedblocks()
        self.memory.append((now_ns, size, blocks))
        line = f"{now_ns / 3600 / S:5.2f} h  {size / 1e6:.1f} MB  {blocks:,} objects"
        print(line, file=sys.stderr, flush=True)


def report(soak: Soak, hours: float, seconds: float) -> bool:
    """Print the table; whether all is well."""
    judge, done = soak.judge, soak.hands.done
    counts = judge.counts
    warm = [size for at_ns, size, _ in soak.memory if at_ns >= WARM_NS] or [resident()]
    blocks = [count for at_ns, _, count in soak.memory if at_ns >= WARM_NS] or [0]
    growth = warm[-1] - warm[0]
    pressed = done.total() - done["turns"]
    for name, value in (
        ("box's time / time it took", f"{hours:g} h / {seconds / 60:.1f} min"),
        ("knobs turned / buttons pressed", f"{done['turns']:,} / {pressed:,}"),
        ("Starts / Stops", f"{counts['fa'] + counts['fb']:,} / {counts['fc']:,}"),
        ("note-ons / note-offs", f"{counts['90']:,} / {counts['80']:,}"),
        ("clocks", f"{counts['f8']:,}"),
        ("tempos", f"{len(judge.asked):,}, the longest {judge.longest_ns / S:.0f} s"),
        ("a clock off its grid, the most", f"{judge.off_ns:.1f} ns"),
        ("all that is off, added up", f"{judge.sum_ns:.0f} ns"),
        ("memory after an hour / most / at the end",
         " / ".join(f"{size / 1e6:.1f}" for size in (warm[0], max(warm), warm[-1])) + " MB"),
        ("Python's objects after an hour / at the end", f"{blocks[0]:,} / {blocks[-1]:,}"),
    ):  # fmt: skip
        print(f"{name:44} {value}")
    if growth > MOST_GROWTH:
        print(f"memory has grown by {growth:,} bytes", file=sys.stderr)
    return growth <= MOST_GROWTH and counts["90"] == counts["80"] > 0


def main() -> int:
    """Soak; 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(description="hours of playing on a virtual clock")
    parser.add_argument("--hours", type=float, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    soak = Soak(given.seed)
    began = time.monotonic()
    soak.run(given.hours * 3600)
    return 0 if report(soak, given.hours, time.monotonic() - began) else 1


if __name__ == "__main__":
    sys.exit(main())
