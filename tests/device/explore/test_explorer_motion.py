"""An explorer that moves by itself: wander, and a stick that glides."""

import numpy as np

from drumatlas.atlas.model import Atlas
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.explorer import Explorer
from support.atlases import with_passing_centre

SECOND = 1_000_000_000


def test_wander_moves_by_itself_until_a_knob_is_turned(explorer: Explorer) -> None:
    explorer.handle(Press("wander"), 0)
    seen = set()
    for second in range(60):
        explorer.tick(second * SECOND)
        seen.add(explorer.pattern.code)
    assert len(seen) > 10
    explorer.handle(Turn("x1", 0.5), 60 * SECOND)
    rest = explorer.pattern
    explorer.tick(90 * SECOND)
    assert explorer.pattern is rest


def test_wander_takes_one_stop_a_bar_on_passing_places(atlas: Atlas) -> None:
    explorer = Explorer(with_passing_centre(atlas))
    explorer.handle(Press("wander"), 0)
    places = []
    for tick in range(400):  # 10 a bar
        explorer.tick(tick * SECOND // 5, tick // 10)
        assert explorer.place.moved == 0  # the beat is the place's own
        places.append(tuple(explorer.knobs.tolist()))
    assert all(len(set(places[i : i + 10])) == 1 for i in range(0, 400, 10))
    assert len(set(places)) > 35


def test_wander_depends_on_the_seed_only(atlas: Atlas) -> None:
    def path(seed: int, tick_ns: int) -> list[tuple[int, ...]]:
        explorer = Explorer(atlas, seed)
        explorer.handle(Press("wander"), 0)
        codes = []
        for bar in range(12):
            explorer.tick(bar * tick_ns, bar)
            codes.append(explorer.pattern.code)
        return codes

    assert path(1, SECOND) == path(1, 3 * SECOND)
    assert path(1, SECOND) != path(2, SECOND)


def test_glide_moves_while_the_stick_is_pushed_and_begins_where_one_is(atlas: Atlas) -> None:
    explorer = Explorer(atlas, map_mode="glide")
    explorer.handle(Turn("x1", 0.9), 0)
    home = explorer.knobs.copy()
    explorer.handle(Turn("map_x", 1.0), 0)
    assert np.array_equal(explorer.knobs, home)
    explorer.tick(SECOND // 100)
    assert 0 < np.abs(explorer.knobs - home).max() < 0.05
    for tick in range(100):
        explorer.tick(SECOND + tick * SECOND // 100)
    explorer.handle(Turn("map_x", 0.5), 2 * SECOND)
    there = explorer.knobs.copy()
    assert np.abs(there - home).max() > 0.05
    explorer.tick(3 * SECOND)
    assert np.array_equal(explorer.knobs, there)


def test_a_loaded_snapshot_does_not_push_the_stick(atlas: Atlas) -> None:
    explorer = Explorer(atlas, map_mode="glide")
    explorer.handle(Turn("map_y", 1.0), 0)
    explorer.handle(Press("save_a"), 0)
    explorer.handle(Turn("map_y", 0.5), 0)
    explorer.handle(Press("load_a"), 0)
    there = explorer.knobs.copy()
    explorer.tick(SECOND)
    assert np.array_equal(explorer.knobs, there)
