"""The page's pure modules, run in Chromium and compared with the same code in Python."""

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from drumatlas.explore.control_list import SIGNS
from drumatlas.explore.controls import CONTROLS, DEFAULTS, VALUES, nudged

pytestmark = pytest.mark.browser

Module = Callable[..., Any]


def test_the_fastest_of_asymmetric_answers_is_used(module: Module) -> None:
    luck = random.Random(3)
    answers = []
    for i in range(40):
        sent = 1000.0 * i
        there, back = luck.uniform(0.2, 30), luck.uniform(0.2, 30)
        answers.append([sent, sent + there + 5000, sent + there + back])
    answers[30] = [30_000.0, 30_000.4 + 5000, 30_000.9]
    offset = module(
        "clock.js",
        """({RemoteClock}, answers) => {
            const clock = new RemoteClock();
            for (const answer of answers) clock.answer(...answer);
            return [clock.offset, clock.ours(clock.theirs(77))];
        }""",
        answers,
    )
    assert offset[0] == pytest.approx(5000, abs=0.3)
    assert offset[1] == pytest.approx(77)


def test_a_sound_cards_clock_is_read_through_its_jitter(module: Module) -> None:
    luck = random.Random(5)
    looks = [[i * 0.05 + 2 + luck.uniform(-0.008, 0.008), i * 50.0] for i in range(200)]
    ends = module(
        "clock.js",
        """({SoundClock}, looks) => {
            const clock = new SoundClock();
            return looks.map((look) => {
                clock.sync(...look);
                return clock.at(1000);
            });
        }""",
        looks,
    )
    late = [end - 3.0 for end in ends[60:]]
    assert max(late) - min(late) < 0.005
    assert abs(sum(late) / len(late)) < 0.002


def test_the_step_is_extrapolated_from_the_last_message(module: Module) -> None:
    run = {"playing": True, "tick": 12, "at": 1000, "tickMs": 20}
    assert module("clock.js", "(m, run) => m.stepAt(run, 1120)", run) == 3
    assert module("clock.js", "(m, run) => m.stepAt(run, 0)", run) == 0
    stopped = {**run, "playing": False}
    assert module("clock.js", "(m, run) => m.stepAt(run, 9999)", stopped) == 2


def test_zoom_keeps_the_place_under_the_pointer(module: Module) -> None:
    before, after = module(
        "view.js",
        """({View}) => {
            const view = new View();
            view.resize(800, 500);
            view.zoomAt(400, 250, 4);
            const before = view.toBox(300, 200);
            view.zoomAt(300, 200, 1.7);
            return [before, view.toBox(300, 200)];
        }""",
    )
    assert after == pytest.approx(before)


def test_pixels_and_places_agree_and_the_map_stays_in_view(module: Module) -> None:
    luck = random.Random(7)
    moves = [[luck.uniform(0, 800), luck.uniform(0, 500), luck.uniform(0.5, 2)] for _ in range(200)]
    ends = module(
        "view.js",
        """({View}, moves) => {
            const view = new View();
            view.resize(800, 500);
            return moves.map(([x, y, factor]) => {
                view.zoomAt(x, y, factor);
                view.panBy(x - 400, y - 250);
                return [...view.toPixels(...view.toBox(x, y)), view.x, view.y, view.zoom];
            });
        }""",
        moves,
    )
    for (x, y, _), (px, py, at_x, at_y, zoom) in zip(moves, ends, strict=True):
        assert (px, py) == pytest.approx((x, y))
        assert -0.07 <= at_x <= 1.07
        assert -0.07 <= at_y <= 1.07
        assert 1 <= zoom <= 24


def test_the_nearest_point_is_the_nearest(module: Module) -> None:
    luck = random.Random(11)
    points = [[luck.random(), luck.random()] for _ in range(1500)]
    asked = [[luck.random(), luck.random(), luck.uniform(0.001, 0.2)] for _ in range(300)]
    found = module(
        "atlas.js",
        """({PointIndex}, {points, asked}) => {
            const at = (axis) => Float32Array.from(points, (point) => point[axis]);
            const index = new PointIndex({n: points.length, x: at(0), y: at(1)});
            return asked.map(([x, y, reach]) => index.nearest(x, y, reach));
        }""",
        {"points": points, "asked": asked},
    )
    for (x, y, reach), index in zip(asked, found, strict=True):
        away = [math.hypot(px - x, py - y) for px, py in points]
        best = min(away)
        if abs(best - reach) < 1e-5:
            continue
        assert (index >= 0) == (best < reach)
        if index >= 0:
            assert away[index] == pytest.approx(best, abs=1e-6)


def test_points_are_read_as_they_are_written(module: Module, atlas: Any) -> None:
    xy = atlas.points.xy
    low, high = xy.min(axis=0), xy.max(axis=0)
    places = (xy - low) / (high - low)
    read = module(
        "atlas.js",
        """async ({readPoints}, n) => {
            const buffer = await (await fetch("points.bin")).arrayBuffer();
            const { x, y, genre, generated } = readPoints(buffer, n);
            return [0, 1, n - 1].map((i) => [x[i], y[i], genre[i], generated[i]]);
        }""",
        len(xy),
    )
    for i, (x, y, genre, generated) in zip((0, 1, len(xy) - 1), read, strict=True):
        assert (x, y) == pytest.approx(tuple(places[i].tolist()), abs=1e-4)
        assert genre == atlas.points.genre[i]
        assert generated == atlas.points.origin[i]


def test_stops_lie_evenly_along_a_line_and_are_followed_there_and_back(module: Module) -> None:
    line = [[0.1, 0.1], [0.1, 0.12], [0.5, 0.12], [0.5, 0.7]]
    stops = module("travel.js", "(m, line) => m.stopsAlong(line)", line)
    assert stops[0] == pytest.approx(line[0])
    assert stops[-1] == pytest.approx(line[-1])
    for x, y in stops:
        on = [
            min(a[0], b[0]) - 1e-9 <= x <= max(a[0], b[0]) + 1e-9
            and min(a[1], b[1]) - 1e-9 <= y <= max(a[1], b[1]) + 1e-9
            for a, b in itertools.pairwise(line)
        ]
        assert any(on)
    assert module("travel.js", "(m) => m.stopsAlong([[0, 0]])") == []
    order = module(
        "travel.js",
        """({Path}) => {
            const path = new Path([[0, 0], [1, 0], [2, 0]]);
            return [5, 5, 6, 7, 7, 8, 9, 10].map((bar) => path.at(bar)?.[0] ?? null);
        }""",
    )
    assert order == [0, None, 1, 2, None, 1, 0, 1]


def test_a_place_survives_its_link(module: Module) -> None:
    luck = random.Random(13)
    defaults = {f"c{i}": 0.5 for i in range(20)} | {"density.kick": 0.5}
    for _ in range(20):
        values = {name: luck.choice([0.5, round(luck.random(), 5)]) for name in defaults}
        knobs = [round(luck.uniform(-3, 3), 5) for _ in range(4)]
        place = {"knobs": knobs, "values": values, "novelty": luck.random() < 0.5}
        back = module(
            "share.js",
            """(m, {place: {knobs, values, novelty}, defaults}) => {
                const made = m.toFragment(knobs, values, defaults, novelty);
                return [made, m.fromFragment("#" + made)];
            }""",
            {"place": place, "defaults": defaults},
        )
        assert back[0].isascii()
        assert " " not in back[0]
        assert back[1]["knobs"] == knobs
        assert {**defaults, **back[1]["values"]} == values
        assert back[1]["novelty"] == place["novelty"]


@pytest.mark.parametrize(
    "text", ["", "place=", "place=!!!", "place=e30", "other=1", "place=" + "A" * 5000]
)
def test_a_malformed_link_has_no_place(module: Module, text: str) -> None:
    assert module("share.js", "(m, text) => m.fromFragment(text)", text) is None


def test_genres_of_one_colour_lie_apart(module: Module, atlas: Any) -> None:
    genres = [
        {"x": float(g.map_centroid[0]), "y": float(g.map_centroid[1]), "count": g.count}
        for g in atlas.genres
    ]
    chosen = module("palette.js", "(m, genres) => m.colourGenres(genres)", genres)
    assert set(chosen) == set(range(9))
    for i, a in enumerate(genres):
        for j, b in enumerate(genres[:i]):
            if chosen[i] == chosen[j]:
                assert math.hypot(a["x"] - b["x"], a["y"] - b["y"]) > 0.3


def test_the_drums_are_heard_and_end(module: Module) -> None:
    levels = module(
        "synth.js",
        """async ({renderDrums}) => (await renderDrums()).map((buffer) => {
            const data = buffer.getChannelData(0);
            const peak = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            return [peak, Math.abs(data.at(-1)), data.every(Number.isFinite)];
        })""",
    )
    assert len(levels) == 14
    for peak, end, is_finite in levels:
        assert is_finite
        assert 0.05 < peak < 2
        assert end < 0.01


def test_a_key_stroke_goes_as_far_as_in_the_terminal(module: Module, atlas: Any) -> None:
    luck = random.Random(17)
    strokes = [
        [name, value, way]
        for name in VALUES
        for value in (0.0, 1.0, DEFAULTS[name], *(luck.random() for _ in range(20)))
        for way in (1, -1)
    ]
    ends = module(
        "rows.js",
        """async ({byName, nudged}, strokes) => {
            const rows = byName((await (await fetch("atlas.json")).json()).controls);
            return strokes.map(([name, value, way]) => nudged(rows[name], value, way));
        }""",
        strokes,
    )
    assert ends == [nudged(*stroke) for stroke in strokes]


def test_the_list_of_keys_holds_each_key_once(module: Module) -> None:
    lines = module(
        "rows.js",
        """async ({keyLines}) => keyLines((await (await fetch("atlas.json")).json()).controls)""",
    )
    listed = " ".join(keys for keys, _ in lines).split()
    signs = (SIGNS.get(key, key) for one in CONTROLS for key in one.keys_on_page.split())
    assert sorted(listed) == sorted(signs)
    assert ["z", "plays a drum fill until the end of the bar"] in lines
    assert ["[ ]   { }", "map"] in lines
    assert ["! @ # $", "save"] in lines
