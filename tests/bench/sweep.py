"""How evenly the panel answers: sweeps it in steps of 1/128 turn, 100,000 in all.

    make sweep

For each kind of sweep: cells (of 32 x 14) that a step changes, steps that change none, the longest
run of those, steps that leave even the velocities as they are; and what must not be: beats that
are silent or fail the filter, and places that answer another beat when they are visited again, by
another explorer and in another order. Then hits a beat along the density knob. Only what must not
be is judged (exit code 1); the README's numbers come from here. A minute or two.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_builtin
from drumatlas.beat.codes import STEPS
from drumatlas.beat.pattern import Cycle
from drumatlas.beat.voices import VOICES
from drumatlas.explore.controls import DEFAULTS, Turn
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.filters import BeatFilter

SEED = 1
TURN = 1 / 128
LINE = np.arange(129) * TURN
AGAIN = 20  # every so many steps are visited again
AXES = ("x1", "x2", "x3", "x4")

Panel = dict[str, float]  # controls that differ from their default
Line = list[Panel]


def random_knobs(rng: np.random.Generator) -> Panel:
    return dict(zip(AXES, rng.random(4).tolist(), strict=True))


def axes(rng: np.random.Generator, **others: float) -> Iterator[Line]:
    """One knob from end to end, the others anywhere."""
    while True:
        for axis in AXES:
            base = random_knobs(rng) | others
            yield [base | {axis: float(t)} for t in LINE]


def diagonals(rng: np.random.Generator) -> Iterator[Line]:
    """From a corner to the opposite one: all four knobs at once, so twice as long a step."""
    while True:
        up = rng.random(4) < 0.5
        yield [
            {axis: float(t if u else 1 - t) for axis, u in zip(AXES, up, strict=True)} for t in LINE
        ]


def crossings(rng: np.random.Generator) -> Iterator[Line]:
    """Straight lines in any direction, each step 1/128 long."""
    while True:
        way = rng.standard_normal(4)
        way /= np.linalg.norm(way)
        points = rng.random(4) + way * (LINE[:, None] - 0.5)
        points = points[((points >= 0) & (points <= 1)).all(axis=1)]
        if len(points) > 1:
            yield [dict(zip(AXES, point, strict=True)) for point in points.tolist()]


def circles(rng: np.random.Generator) -> Iterator[Line]:
    """The joystick in a circle over the map, 1/128 of its way a step."""
    while True:
        radius = rng.uniform(0.05, 0.5)
        x, y = rng.uniform(radius, 1 - radius, 2)
        angles = np.arange(0, 2 * np.pi, TURN / radius)
        yield [
            {"map_x": float(x + radius * np.cos(a)), "map_y": float(y + radius * np.sin(a))}
            for a in angles
        ]


def shapes(rng: np.random.Generator, control: str) -> Iterator[Line]:
    """One shape knob from end to end, at any place."""
    while True:
        base = random_knobs(rng)
        yield [base | {control: float(t)} for t in LINE]


@dataclass
class Tally:
    """What one kind of sweep gave."""

    changed: list[float] = field(default_factory=list)
    dead: list[int] = field(default_factory=list)  # lengths of runs without a change
    still: int = 0  # steps that change neither hits nor velocities
    failing: int = 0
    differing: int = 0
    hits: dict[float, list[int]] = field(default_factory=dict)

    def row(self, name: str) -> str:
        changed = np.array(self.changed)
        median, p90, p99, most = np.percentile(changed, [50, 90, 99, 100])
        dead = 100 * float((changed == 0).mean())
        still = 100 * self.still / len(changed)
        return (
            f"{name:24} {len(changed):6} {median:6.0f} {p90:4.0f} {p99:4.0f} {most:5.0f}"
            f" {dead:6.1f} % {max(self.dead, default=0):7} {still:6.1f} %"
            f" {self.failing:8} {self.differing:8}"
        )


HEAD = (
    f"{'sweep':24} {'steps':>6} {'median':>6} {'p90':>4} {'p99':>4} {'most':>5}"
    f" {'none':>8} {'longest':>7} {'still':>8} {'failing':>8} {'differs':>8}"
)


class Sweeper:
    """Turns the controls of an explorer and reads its beats."""

    def __init__(self, atlas: Atlas) -> None:
        self.explorers = Explorer(atlas, SEED), Explorer(atlas, SEED)
        self._filter = BeatFilter(atlas.known)
        self._at: list[Panel] = [{}, {}]

    def cycles(self, panel: Panel, explorer: int = 0) -> tuple[Cycle, ...]:
        """What plays with these controls; only what differs from before is turned."""
        box, before = self.explorers[explorer], self._at[explorer]
        is_anew = ("map_x" in panel) != ("map_x" in before)  # the joystick overrules the knobs
        for name in {**before, **panel}:
            value = panel.get(name, DEFAULTS[name])
            if is_anew or value != before.get(name, DEFAULTS[name]):
                box.handle(Turn(name, value), 0)
        self._at[explorer] = panel
        return box.pattern.cycles

    def passes(self, beats: NDArray[np.bool_]) -> bool:
        """Every cycle sounds and passes the filter."""
        codes = (beats * (1 << np.arange(VOICES))).sum(axis=2).astype(np.uint16)
        return bool(self._filter.passes(codes).all() and codes.any(axis=1).all())

    def sweep(self, lines: Iterator[Line], steps: int, along: str = "") -> Tally:
        """So many steps of these lines; `along`: count hits at each value of that control."""
        tally, again = Tally(), []
        while len(tally.changed) < steps:
            line = next(lines)[: steps - len(tally.changed) + 1]
            cycles = [self.cycles(panel) for panel in line]
            heard = [hits_of(some) for some in cycles]
            tally.failing += sum(not self.passes(beats) for beats in heard)
            tally.still += sum(one == other for one, other in pairwise(cycles))
            changed = [cells(*pair) for pair in pairwise(heard)]
            tally.changed += changed
            runs = groupby(changed, lambda n: n == 0)
            tally.dead += [len(list(run)) for is_dead, run in runs if is_dead]
            again += list(zip(line, cycles, strict=True))[::AGAIN]
            if along:
                for panel, beats in zip(line, heard, strict=True):
                    tally.hits.setdefault(panel[along], []).append(int(beats[0].sum()))
        for i in np.random.default_rng(SEED).permutation(len(again)).tolist():
            panel, before = again[i]
            tally.differing += self.cycles(panel, 1) != before
        return tally


def hits_of(cycles: tuple[Cycle, ...]) -> NDArray[np.bool_]:
    """Cycles as hits [n, 32, 14]."""
    result = np.zeros((len(cycles), STEPS, VOICES), bool)
    for n, cycle in enumerate(cycles):
        for step, hits in enumerate(cycle):
            result[n, step, [voice for voice, _ in hits]] = True
    return result


def cells(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Cells changed, mean over the cycles (one stands for all without chaos)."""
    n = max(len(a), len(b))
    a, b = np.broadcast_to(a, (n, *a.shape[1:])), np.broadcast_to(b, (n, *b.shape[1:]))
    return float((a != b).sum() / n)


def plan(rng: np.random.Generator) -> list[tuple[str, Iterator[Line], int, str]]:
    """(name, lines, steps, control along which hits are counted)."""
    return [
        ("one knob", axes(rng), 30_000, ""),
        ("any direction", crossings(rng), 10_000, ""),
        ("all four, corners", diagonals(rng), 10_000, ""),
        ("joystick circles", circles(rng), 20_000, ""),
        ("density", shapes(rng, "density"), 10_000, "density"),
        ("one knob, density 0", axes(rng, density=0.0), 5_000, ""),
        ("one knob, density 1", axes(rng, density=1.0), 5_000, ""),
        ("chaos", shapes(rng, "chaos"), 5_000, ""),
        ("one knob, chaos 1", axes(rng, chaos=1.0), 5_000, ""),
    ]


def main() -> int:
    """The table on stdout; 1 if something must not be."""
    sweeper = Sweeper(read_builtin())
    whole, along = Tally(), {}
    print(HEAD)
    for name, lines, steps, control in plan(np.random.default_rng(SEED)):
        tally = sweeper.sweep(lines, steps, control)
        print(tally.row(name), flush=True)
        whole.changed += tally.changed
        whole.dead += tally.dead
        whole.still += tally.still
        whole.failing += tally.failing
        whole.differing += tally.differing
        along |= tally.hits
    print(whole.row("all"))
    print("\ndensity knob: hits a beat (5 % of places, median, 95 %; least, most)")
    for value in [i / 8 for i in range(9)]:
        hits = along[value]
        low, middle, high = np.percentile(hits, [5, 50, 95])
        print(f"{value:5.3f} {low:6.0f} {middle:4.0f} {high:4.0f} {min(hits):6} {max(hits):4}")
    return int(whole.failing + whole.differing > 0)


if __name__ == "__main__":
    sys.exit(main())
