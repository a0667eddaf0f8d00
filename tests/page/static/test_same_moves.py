"""Compare fills, morphs, wandering and tempo of the static page with the box."""

import itertools
import random
from typing import Any

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.beat.pattern import Pattern
from drumatlas.explore.controls import Press, Turn, bpm_of
from drumatlas.explore.explorer import Explorer
from drumatlas.play.tap import TapTempo
from support.page_modules import PLACES, Computed

BOX = PLACES + 'import { Box } from "./box.js";\n'


def _cells(pattern: Pattern | None) -> list[list[int]]:
    assert pattern is not None
    cycle = pattern.cycles[0]
    return sorted([step, v, loud] for step, hits in enumerate(cycle) for v, loud in hits)


def test_fills_morphs_and_wandering_are_those_of_the_box(
    computed: Computed, data: str, atlas: Atlas
) -> None:
    luck = random.Random(26)
    points = len(atlas.points.z)
    acts: list[list[Any]] = []  # name of a Box's method, its arguments
    for i in range(30):
        acts += [["go", luck.randrange(points)], ["press", f"save_{luck.choice('abcd')}"]]
        acts += [["turn", luck.choice(["density", "accent", "morph", "morph_y"]), luck.random()]]
        acts += [["press", "fill"], ["press", "wander"]]
        acts += [["tick", 0, bar] for bar in range(3 + i % 3)]
    found = computed(
        BOX,
        """const { atlas, space, places } = made(given.atlas);
        const box = new Box(atlas, space, places, null, () => {});
        let fill = null;
        box.onFill = (cells) => (fill = cells);
        return given.acts.map(([name, ...more]) => {
            box[name](...more);
            box.refresh();
            return [Array.from(box.z), Array.from(box.place.code), box.cells, fill];
        });""",
        {"atlas": data, "acts": acts},
    )
    box = Explorer(atlas)
    for (z, code, cells, fill), (act, *more) in zip(found, acts, strict=True):
        if act == "go":
            box.go(atlas.points.z[more[0]])
        elif act == "tick":
            box.tick(*more)
        else:
            box.handle(Press(*more) if act == "press" else Turn(*more), 0)
        assert z == pytest.approx(box.latent.tolist(), abs=1e-4), act
        assert code == list(box.pattern.code), act
        assert sorted(cells) == _cells(box.pattern), act
        if fill is not None:
            assert sorted(fill) == _cells(box.fill), act


def test_a_tempo_beyond_the_control_survives_a_snapshot_at_its_end(
    computed: Computed, data: str
) -> None:
    bpm = computed(
        BOX,
        """const { atlas, space, places } = made(given.atlas);
        let bpm = 0;
        const box = new Box(atlas, space, places, null, (state) => (bpm = state.bpm ?? bpm));
        return given.acts.map(([name, ...more]) => {
            box[name](...more);
            return [bpm, box.values.tempo];
        });""",
        {
            "atlas": data,
            "acts": [
                ["setTempo", 270],
                ["press", "save_a"],
                ["press", "load_a"],
                ["turn", "tempo", 0.5],
                ["press", "load_a"],
                ["setTempo", 25],
            ],
        },
    )
    end, middle = bpm_of(1.0), bpm_of(0.5)
    assert bpm == [[270, 1], [270, 1], [270, 1], [middle, 0.5], [end, 1], [25, 0]]


def _tapped(luck: random.Random) -> list[int]:
    """Return the times (ns) of a finger that jitters, misses, hits twice and changes pace."""
    at, times = luck.randrange(10**12), []
    for _ in range(luck.randrange(1, 5)):
        beat = 60e9 / luck.choice([luck.uniform(15, 400), luck.uniform(60, 180), 120, 260])
        jitter = luck.choice([0, 0.01, 0.05, 0.2]) * beat
        for number in itertools.islice(itertools.count(), luck.randrange(2, 14)):
            if number and luck.random() < 0.1:
                continue
            times.append(round(at + number * beat + luck.uniform(-jitter, jitter)))
            if luck.random() < 0.1:
                times.append(times[-1] + luck.randrange(90_000_000))
        at += round(20 * beat * luck.random()) + luck.choice([0, 1_990_000_000, 2_010_000_000])
        at = max(at, times[-1] if times else 0)
    return sorted(times)


def test_taps_set_the_tempo_of_the_box(computed: Computed) -> None:
    luck = random.Random(19)
    all_taps = [_tapped(luck) for _ in range(500)]
    found = computed(
        'import { TapTempo } from "./tap.js";',
        """return given.map((times) => {
            const taps = new TapTempo();
            return times.map((at) => taps.tap(at));
        });""",
        [[at / 1e6 for at in times] for times in all_taps],
    )
    tempos = []
    for times, page in zip(all_taps, found, strict=True):
        taps = TapTempo()
        assert page == [taps.tap(at) for at in times]
        tempos += page
    assert sum(one is None for one in tempos) > 500
    assert sum(one is not None for one in tempos) > 3000
